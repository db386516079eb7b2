//! GetOpenIDConnectProvider: an issuer, and for whom its tokens must be.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::oidc::OfProvider;
use super::shape::write_tags;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::OidcProviderRecord;

pub(super) struct GetOpenIdConnectProvider;

impl Operation for GetOpenIdConnectProvider {
    const FACTS: Facts = Facts::read("GetOpenIDConnectProvider");
    type Request = OfProvider;
    type Response = OidcProviderRecord;

    fn parse(mut members: Members<'_>) -> Result<OfProvider, Fault> {
        let provider = OfProvider::take(&mut members);
        Ok(members.finish(provider)?)
    }

    fn shown(request: &OfProvider) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfProvider) -> Result<Vec<Ask>, Fault> {
        Ok(vec![request.ask(api, call, "iam:GetOpenIDConnectProvider").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfProvider) -> Result<OidcProviderRecord, Fault> {
        Ok(request.find(api, call).await?.record)
    }

    fn write(provider: &OidcProviderRecord, xml: &mut Xml) {
        xml.text("Url", &provider.url).texts("ClientIDList", &provider.client_ids);
        xml.texts("ThumbprintList", &provider.thumbprints).time("CreateDate", provider.created);
        write_tags(xml, &provider.tags);
    }
}
