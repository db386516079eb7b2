//! ListAliases: the aliases of an account in a Region, or of one key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_names::{AliasName, KeyId};
use claviger_wire::{EpochSeconds, Members};
use serde::Serialize;

use super::member::KEY_ID;
use super::paging::{Cut, Page, PageSize};
use super::{Facts, KeyNames, Operation, PolicyType, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{ListedAliases, Permit};
use crate::keyspace;
use crate::kms::Kms;
use crate::model::{AliasRecord, Key, Place};

const LIST: &str = "ListAliases";
const PAGE_SIZE: PageSize = PageSize { max: 100, default: 50 };

pub(crate) struct ListAliases;

pub(crate) struct Request<'b> {
    key: Option<Cow<'b, str>>,
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    aliases: Vec<AliasListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasListEntry {
    alias_name: AliasName,
    alias_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_key_id: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated_date: Option<EpochSeconds>,
}

/// An alias, and what is stored of it; an alias of AWS's may still be without a key.
type Listed = (AliasName, Option<AliasRecord>);

impl Operation for ListAliases {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        names: KeyNames::Key,
        states: States::Any,
        quota: QuotaBucket::Own(500),
        read_only: true,
        has_output: true,
        ..Facts::of_key(LIST, "kms:ListAliases")
    };
    type Scope = ListedAliases;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.text("KeyId", &KEY_ID);
        let page = Page::take(&mut members, PAGE_SIZE);
        Ok(members.finish(Request { key, page })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<Option<&'r str>, Fault> {
        Ok(request.key.as_deref())
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.page.show(Shown::new().maybe_text("keyId", request.key.as_deref()))
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, ListedAliases>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let place = permit.place();
        let aliases = match &permit.scope().0 {
            None => {
                with_predefined(kms, aliases_of_place(kms, &place, &request.page).await?, &request.page)
                    .await?
            }
            Some(key) => aliases_of_key(kms, key, &request.page).await?,
        };
        let Cut { items, next_marker } = request.page.cut(LIST, aliases, |(name, _)| name.to_string());
        let aliases = items.into_iter().map(|(name, record)| entry(&place, name, record.as_ref())).collect();
        Ok(Response { aliases, truncated: next_marker.is_some(), next_marker })
    }
}

/// The aliases of a page and one more, of keys that are not past their waiting period.
async fn aliases_of_place(kms: &Kms, place: &Place, page: &Page) -> Result<Vec<Listed>, Fault> {
    let wanted = page.look_ahead();
    let mut after: Option<AliasName> = page.after(LIST)?;
    let mut aliases = Vec::new();
    loop {
        let found = keyspace::list_aliases(&kms.store, place, after.as_ref(), wanted).await?;
        let is_last = found.len() < wanted;
        after = found.last().map(|(name, _)| name.clone());
        for (name, record) in found {
            if kms.key(*place, record.target).await?.is_some() {
                aliases.push((name, Some(record)));
            }
        }
        if is_last || aliases.len() >= wanted {
            return Ok(aliases);
        }
    }
}

/// The same with the aliases of AWS's whose keys are not there yet.
async fn with_predefined(kms: &Kms, mut aliases: Vec<Listed>, page: &Page) -> Result<Vec<Listed>, Fault> {
    let after: Option<AliasName> = page.after(LIST)?;
    let services = kms.directory.services().await.map_err(Fault::internal)?;
    for name in services.iter().filter_map(|service| service.managed_key.as_ref()) {
        if after.as_ref().is_none_or(|after| name > after) && !aliases.iter().any(|(other, _)| other == name)
        {
            aliases.push((name.clone(), None));
        }
    }
    aliases.sort_by(|(one, _), (other, _)| one.cmp(other));
    aliases.truncate(page.look_ahead());
    Ok(aliases)
}

async fn aliases_of_key(kms: &Kms, key: &Key, page: &Page) -> Result<Vec<Listed>, Fault> {
    let after: Option<AliasName> = page.after(LIST)?;
    let mut aliases = Vec::new();
    for name in key.aliases.iter().filter(|name| after.as_ref().is_none_or(|after| *name > after)) {
        if let Some(alias) = keyspace::load_alias(&kms.store, &key.place, name).await? {
            aliases.push((name.clone(), Some(alias.record)));
        }
        if aliases.len() == page.look_ahead() {
            break;
        }
    }
    Ok(aliases)
}

fn entry(place: &Place, name: AliasName, record: Option<&AliasRecord>) -> AliasListEntry {
    // An alias of AWS's is never moved, and tells no time of that.
    let is_own = !name.is_reserved();
    AliasListEntry {
        alias_arn: name.arn(place.account, place.region),
        alias_name: name,
        target_key_id: record.map(|record| record.target),
        creation_date: record.map(|record| EpochSeconds(record.created)),
        last_updated_date: record.filter(|_| is_own).map(|record| EpochSeconds(record.updated)),
    }
}
