//! CreateOpenIDConnectProvider: an issuer whose tokens roles may trust.

use claviger_audit::Shown;
use claviger_wire::{Bounds, Members, Xml};

use super::document::exceeded;
use super::oidc::{self, CLIENT_ID, PROVIDERS_MAX, THUMBPRINT, URL};
use super::shape::{show_tags, write_tags};
use super::{birth, member};
use crate::Tags;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::OidcProviderRecord;
use crate::rows::{Changes, at};

pub(super) struct CreateOpenIdConnectProvider;

pub(super) struct Request {
    /// As it was sent.
    url: String,
    client_ids: Vec<Box<str>>,
    thumbprints: Vec<Box<str>>,
    tags: Tags,
}

pub(super) struct Created {
    arn: String,
    tags: Tags,
}

impl Operation for CreateOpenIdConnectProvider {
    const FACTS: Facts = Facts::write("CreateOpenIDConnectProvider");
    type Request = Request;
    type Response = Created;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let all = Bounds::new(0, i64::MAX);
        let url = members.required_text("Url", &URL).into_owned();
        let client_ids = members.texts("ClientIDList", all, &CLIENT_ID).unwrap_or_default();
        let client_ids: Vec<Box<str>> = client_ids.iter().map(|id| Box::from(&**id)).collect();
        let thumbprints = members.texts("ThumbprintList", all, &THUMBPRINT).unwrap_or_default();
        let thumbprints: Vec<Box<str>> = thumbprints.iter().map(|print| Box::from(&**print)).collect();
        let tags = member::tags(&mut members, "Tags");
        let url = members.finish(url)?;
        oidc::host_and_path(&url)?;
        oidc::check_client_ids(&client_ids)?;
        oidc::check_thumbprints(&thumbprints)?;
        Ok(Request { url, client_ids, thumbprints, tags: member::tags_of(tags)? })
    }

    fn shown(request: &Request) -> Shown {
        let shown = Shown::new()
            .text("url", &request.url)
            .list("clientIDList", request.client_ids.iter().map(|id| &**id))
            .list("thumbprintList", request.thumbprints.iter().map(|print| &**print));
        show_tags(shown, &request.tags)
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let arn = oidc::arn(call, oidc::host_and_path(&request.url)?);
        let ask = |action| Ask::new(action, arn.as_str(), arn.as_str()).tagging(request.tags.iter());
        let (create, tag) = ("iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider");
        Ok(birth::asks(ask, create, tag, &request.tags))
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Created, Fault> {
        let url = oidc::host_and_path(&request.url)?;
        let path = at::oidc_provider(call.account(), url)?;
        if api.directory.read(&path).await?.is_some() {
            let text = format!("Provider with url {} already exists.", request.url);
            return Err(Fault::EntityAlreadyExists(text.into()));
        }
        let mut counts = birth::counts(api, call).await?;
        if counts.record.oidc_providers >= PROVIDERS_MAX {
            return Err(exceeded("OpenIdConnectProvidersPerAccount", PROVIDERS_MAX as usize));
        }
        counts.record.oidc_providers += 1;
        let provider = OidcProviderRecord {
            url: url.into(),
            client_ids: request.client_ids.clone(),
            thumbprints: request.thumbprints.clone(),
            created: call.now(),
            tags: request.tags.clone(),
        };
        api.directory.commit(Changes::new().create(Ok(path), &provider).update(&counts)).await?;
        Ok(Created { arn: oidc::arn(call, url), tags: provider.tags })
    }

    fn write(created: &Created, xml: &mut Xml) {
        xml.text("OpenIDConnectProviderArn", &created.arn);
        write_tags(xml, &created.tags);
    }

    fn told(created: &Created) -> Shown {
        Shown::new().text("openIDConnectProviderArn", &created.arn)
    }
}
