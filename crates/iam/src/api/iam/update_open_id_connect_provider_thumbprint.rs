//! UpdateOpenIDConnectProviderThumbprint: other certificates of an issuer, in place of all before.

use claviger_audit::Shown;
use claviger_wire::{Bounds, Members};

use super::oidc::{OfProvider, THUMBPRINT, check_thumbprints};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct UpdateOpenIdConnectProviderThumbprint;

pub(super) struct Request {
    provider: OfProvider,
    thumbprints: Vec<Box<str>>,
}

impl Operation for UpdateOpenIdConnectProviderThumbprint {
    const FACTS: Facts = Facts::write("UpdateOpenIDConnectProviderThumbprint").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let provider = OfProvider::take(&mut members);
        let thumbprints = members.texts("ThumbprintList", Bounds::new(0, i64::MAX), &THUMBPRINT);
        let thumbprints = members.required("ThumbprintList", thumbprints);
        let thumbprints: Vec<Box<str>> = thumbprints.iter().map(|print| Box::from(&**print)).collect();
        let provider = members.finish(provider)?;
        check_thumbprints(&thumbprints)?;
        Ok(Request { provider, thumbprints })
    }

    fn shown(request: &Request) -> Shown {
        request.provider.show().list("thumbprintList", request.thumbprints.iter().map(|print| &**print))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![request.provider.ask(api, call, "iam:UpdateOpenIDConnectProviderThumbprint").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = request.provider.find(api, call).await?;
        row.record.thumbprints = request.thumbprints.clone();
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
