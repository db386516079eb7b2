//! ListResourceTags: a key's tags.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{KEY_ID, TagOut};
use super::paging::{Cut, Page, PageSize};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;

const LIST: &str = "ListResourceTags";
const PAGE_SIZE: PageSize = PageSize { max: 50, default: 50 };

pub(crate) struct ListResourceTags;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    tags: Vec<TagOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl Operation for ListResourceTags {
    const FACTS: Facts = Facts {
        states: States::Any,
        quota: QuotaBucket::Own(2000),
        read_only: true,
        has_output: true,
        ..Facts::of_key(LIST, "kms:ListResourceTags")
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

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let after: Option<String> = request.page.after(LIST)?;
        let behind = |(key, _): &(&str, &str)| after.as_deref().is_none_or(|after| *key > after);
        let tags = key.record.tags.iter().filter(behind).take(request.page.look_ahead()).collect();
        let Cut { items, next_marker } = request.page.cut(LIST, tags, |(key, _)| (*key).to_owned());
        let tags = items.into_iter().map(TagOut::of).collect();
        Ok(Response { tags, truncated: next_marker.is_some(), next_marker })
    }
}
