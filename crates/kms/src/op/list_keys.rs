//! ListKeys: all keys of an account in a Region.

use claviger_audit::Shown;
use claviger_names::KeyId;
use claviger_wire::{Bounds, Members};
use serde::Serialize;

use super::paging::{Cut, Page, PageSize};
use super::{Facts, KeyNames, Operation, PolicyType, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::keyspace;
use crate::kms::Kms;
use crate::model::{Place, ResourceOwner};

const LIST: &str = "ListKeys";
const PAGE_SIZE: PageSize = PageSize { max: 1000, default: 100 };

/// How many kinds of owners a request may name.
const OWNERS: Bounds = Bounds::new(1, 2);

pub(crate) struct ListKeys;

pub(crate) struct Request {
    page: Page,
    owners: Option<Vec<ResourceOwner>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    keys: Vec<KeyListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyListEntry {
    key_id: KeyId,
    key_arn: String,
}

impl Operation for ListKeys {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        names: KeyNames::None,
        states: States::Any,
        quota: QuotaBucket::Own(500),
        read_only: true,
        has_output: true,
        ..Facts::of_key(LIST, "kms:ListKeys")
    };
    type Scope = NoKey;
    type Request<'b> = Request;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let page = Page::take(&mut members, PAGE_SIZE);
        let owners = members.list_of("ResourceOwners", OWNERS);
        Ok(members.finish(Request { page, owners })?)
    }

    fn asks<'r>(_: &'r Request) -> Result<Stated<'r>, Fault> {
        Ok(Stated::default())
    }

    fn shown(request: &Request) -> Shown {
        let shown = request.page.show(Shown::new());
        match &request.owners {
            None => shown,
            Some(owners) => shown.list("resourceOwners", owners.iter().map(|owner| owner.name())),
        }
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, NoKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let place = permit.place();
        // No key is shared through AWS RAM here: of other accounts there is nothing to list.
        let ids = match request.lists_own_keys() {
            true => standing_ids(kms, &place, &request.page).await?,
            false => Vec::new(),
        };
        let Cut { items, next_marker } = request.page.cut(LIST, ids, KeyId::to_string);
        let entry = |key_id: KeyId| KeyListEntry { key_arn: key_id.arn(place.account, place.region), key_id };
        let keys = items.into_iter().map(entry).collect();
        Ok(Response { keys, truncated: next_marker.is_some(), next_marker })
    }
}

impl Request {
    fn lists_own_keys(&self) -> bool {
        self.owners.as_ref().is_none_or(|owners| owners.contains(&ResourceOwner::OwnAccount))
    }
}

/// The ids of a page and one more, of keys that are not past their waiting period.
async fn standing_ids(kms: &Kms, place: &Place, page: &Page) -> Result<Vec<KeyId>, Fault> {
    let (now, wanted) = (kms.now(), page.look_ahead());
    let mut after: Option<KeyId> = page.after(LIST)?;
    let mut ids = Vec::new();
    loop {
        let records = keyspace::list_keys(&kms.store, place, after.as_ref(), wanted).await?;
        let is_last = records.len() < wanted;
        after = records.last().map(|record| record.id);
        ids.extend(records.iter().filter(|record| !record.state.is_past(now)).map(|record| record.id));
        if is_last || ids.len() >= wanted {
            return Ok(ids);
        }
    }
}
