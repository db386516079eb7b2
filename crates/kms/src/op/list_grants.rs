//! ListGrants: the grants of a key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::grant::{GRANT_ID, GrantListEntry, PRINCIPAL, SERVICE_PRINCIPAL, listed, party};
use super::member::KEY_ID;
use super::paging::{Cut, Page, PageSize};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::{self, Grant};
use crate::kms::Kms;
use crate::model::{GrantId, GrantRecord, Key, PartyName};

const LIST: &str = "ListGrants";
const PAGE_SIZE: PageSize = PageSize { max: 100, default: 50 };

pub(crate) struct ListGrants;

pub(crate) struct Request<'b> {
    page: Page,
    key: Cow<'b, str>,
    id: Option<GrantId>,
    grantee: Option<Cow<'b, str>>,
    service: Option<Cow<'b, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    grants: Vec<GrantListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl Operation for ListGrants {
    const FACTS: Facts = Facts {
        cross_account: true,
        states: States::Any,
        quota: QuotaBucket::Own(100),
        read_only: true,
        has_output: true,
        ..Facts::of_key(LIST, "kms:ListGrants")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let page = Page::take(&mut members, PAGE_SIZE);
        let key = members.required_text("KeyId", &KEY_ID);
        let id = members.text("GrantId", &GRANT_ID);
        let grantee = members.text("GranteePrincipal", &PRINCIPAL);
        let service = members.text("GranteeServicePrincipal", &SERVICE_PRINCIPAL);
        let (page, key, id, grantee, service) = members.finish((page, key, id, grantee, service))?;
        if grantee.is_some() && service.is_some() {
            let text = "You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.";
            return Err(Fault::Validation(Cow::Borrowed(text)));
        }
        let id = id.map(|id| id.parse().map_err(|_| Fault::InvalidGrantId)).transpose()?;
        Ok(Request { page, key, id, grantee, service })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request
            .page
            .show(Shown::new().text("keyId", &request.key))
            .maybe_text("grantId", request.id.map(|id| id.to_string()).as_deref())
            .maybe_text("granteePrincipal", request.grantee.as_deref())
            .maybe_text("granteeServicePrincipal", request.service.as_deref())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let records = matching(kms, key, request).await?;
        let Cut { items, next_marker } = request.page.cut(LIST, records, |record| record.id.to_string());
        let mut grants = Vec::with_capacity(items.len());
        for record in items {
            grants.push(listed(kms, &Grant { place: key.place, key: key.record.id, record }).await?);
        }
        Ok(Response { grants, truncated: next_marker.is_some(), next_marker })
    }
}

/// The grants of a page that the request asks for, and one more.
async fn matching(kms: &Kms, key: &Key, request: &Request<'_>) -> Result<Vec<GrantRecord>, Fault> {
    let (place, id, wanted) = (&key.place, &key.record.id, request.page.look_ahead());
    let grantee = match request.grantee.as_deref() {
        Some(name) => Some(handle(kms, name).await?),
        None => None,
    };
    let mut after: Option<GrantId> = request.page.after(LIST)?;
    let mut found = Vec::new();
    loop {
        let records = keyspace::list_grants(&kms.store, place, id, after, wanted).await?;
        let is_last = records.len() < wanted;
        after = records.last().map(|record| record.id);
        found.extend(records.into_iter().filter(|record| request.asks_for(record, grantee.as_deref())));
        if is_last || found.len() >= wanted {
            return Ok(found);
        }
    }
}

/// What tells a grantee from everybody else, whoever had its name before; who is gone is asked for by unique id.
async fn handle(kms: &Kms, name: &str) -> Result<Box<str>, Fault> {
    match name.starts_with("arn:") {
        true => Ok(party(kms, PartyName::Principal(name)).await?.handle().into()),
        false => Ok(name.into()),
    }
}

impl Request<'_> {
    fn asks_for(&self, record: &GrantRecord, handle: Option<&str>) -> bool {
        let grantee = &record.terms.grantee;
        let is_of_handle =
            |handle| matches!(grantee.name(), PartyName::Principal(_)) && grantee.handle() == handle;
        self.id.is_none_or(|id| id == record.id)
            && handle.is_none_or(is_of_handle)
            && self.service.as_deref().is_none_or(|service| grantee.name() == PartyName::Service(service))
    }
}
