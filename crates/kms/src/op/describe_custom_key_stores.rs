//! DescribeCustomKeyStores: the custom key stores of an account in a Region.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::key_store::{self, NAME, NoStore};
use super::member::CUSTOM_KEY_STORE_ID;
use super::paging::{Page, PageSize};
use super::{Facts, Operation};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::kms::Kms;

const PAGE_SIZE: PageSize = PageSize { max: 1000, default: 100 };

pub(crate) struct DescribeCustomKeyStores;

pub(crate) struct Request<'b> {
    asked_for: Option<OneStore<'b>>,
    page: Page,
}

enum OneStore<'b> {
    OfId(Cow<'b, str>),
    OfName(Cow<'b, str>),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    custom_key_stores: Vec<NoStore>,
    truncated: bool,
}

impl Operation for DescribeCustomKeyStores {
    const FACTS: Facts = Facts {
        read_only: true,
        ..key_store::facts("DescribeCustomKeyStores", "kms:DescribeCustomKeyStores")
    };
    type Scope = NoKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let id = members.text("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID);
        let name = members.text("CustomKeyStoreName", &NAME);
        let page = Page::take(&mut members, PAGE_SIZE);
        members.finish(())?;
        let asked_for = match (id, name) {
            (None, None) => None,
            (Some(id), None) => Some(OneStore::OfId(id)),
            (None, Some(name)) => Some(OneStore::OfName(name)),
            (Some(_), Some(_)) => {
                return Err(Fault::Validation(Cow::Borrowed(
                    "You cannot specify CustomKeyStoreId and CustomKeyStoreName in the same request.",
                )));
            }
        };
        Ok(Request { asked_for, page })
    }

    fn asks<'r>(_: &'r Request<'_>) -> Result<Stated<'r>, Fault> {
        Ok(Stated::default())
    }

    fn shown(request: &Request<'_>) -> Shown {
        let shown = match &request.asked_for {
            None => Shown::new(),
            Some(OneStore::OfId(id)) => Shown::new().text("customKeyStoreId", id),
            Some(OneStore::OfName(name)) => Shown::new().text("customKeyStoreName", name),
        };
        request.page.show(shown)
    }

    async fn run(_: &Kms, _: Permit<'_, NoKey>, request: &Self::Request<'_>) -> Result<Response, Fault> {
        match (&request.asked_for, &request.page.marker_sent) {
            (Some(_), _) => Err(Fault::CustomKeyStoreNotFound),
            // Without stores, no page has given a marker.
            (None, Some(_)) => Err(Fault::InvalidMarker),
            (None, None) => Ok(Response { custom_key_stores: Vec::new(), truncated: false }),
        }
    }
}
