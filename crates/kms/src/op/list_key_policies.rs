//! ListKeyPolicies: the names of a key's policies, of which there is one.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::member::KEY_ID;
use super::paging::{Page, PageSize};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::POLICY_NAME;

const PAGE_SIZE: PageSize = PageSize { max: 1000, default: 100 };

pub(crate) struct ListKeyPolicies;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    policy_names: Vec<&'static str>,
    truncated: bool,
}

impl Operation for ListKeyPolicies {
    const FACTS: Facts = Facts {
        states: States::Any,
        quota: QuotaBucket::Own(100),
        read_only: true,
        has_output: true,
        ..Facts::of_key("ListKeyPolicies", "kms:ListKeyPolicies")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let page = Page::take(&mut members, PAGE_SIZE);
        Ok(members.finish(Request { key, page })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.page.show(Shown::new().text("keyId", &request.key))
    }

    async fn run(_: &Kms, _: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<Response, Fault> {
        // One name never fills a page, so that no marker was ever given.
        match request.page.after::<String>("ListKeyPolicies")? {
            None => Ok(Response { policy_names: vec![POLICY_NAME], truncated: false }),
            Some(_) => Err(Fault::InvalidMarker),
        }
    }
}
