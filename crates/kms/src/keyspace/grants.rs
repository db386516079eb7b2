//! The rows of grants: each once as such, and once where whoever it is for is looked up.
//!
//! A look-up is `{handle of the grantee}|{bucket}`. The bucket tells what a request must have for the grant to matter:
//! `free` nothing, `plain` an operation without encryption context, `eq-{digest}` exactly these pairs, `sub-{digest}` the
//! first pair of those that are asked for. A key's decisions so take the same few reads with five grants as with 50,000.

use std::sync::Arc;

use claviger_names::{AccountId, KeyId, Region};
use claviger_seal::{SealedStore, Write};
use claviger_store::{Guard, Path, Revision, SCAN_LIMIT_ENTRIES, Span, TRANSACTION_LIMIT_STEPS};

use super::{Changes, from_json, path, told};
use crate::fault::Fault;
use crate::model::{ContextConstraint, GrantId, GrantRecord, Key, Party, Place, digest_of};

/// Most rows of a grant: itself, two look-ups, its name, and whoever may retire it.
const ROWS_MAX: usize = 5;

/// Most grants that [`Changes::purge_grants`] takes at once: their rows and the count fit one transaction.
pub(crate) const PURGED_GRANTS_MAX: usize = (TRANSACTION_LIMIT_STEPS - 1) / ROWS_MAX;

/// A grant, and where it is.
pub(crate) struct Grant {
    pub place: Place,
    pub key: KeyId,
    pub record: GrantRecord,
}

/// How many grants a key has, and the commit that this is the state of.
#[derive(Clone, Copy)]
pub(crate) struct GrantCount {
    pub count: u64,
    pub revision: Option<Revision>,
}

/// What grants are looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lookup(Box<str>);

impl Lookup {
    /// Grants without a constraint on the encryption context.
    pub(crate) fn free(handle: &str) -> Lookup {
        Lookup(format!("{handle}|free").into())
    }

    /// Grants with one, as far as they allow what has no encryption context.
    pub(crate) fn plain(handle: &str) -> Lookup {
        Lookup(format!("{handle}|plain").into())
    }

    /// Grants that ask for exactly these pairs.
    pub(crate) fn equals<'c>(
        handle: &str,
        pairs: impl IntoIterator<Item = (&'c str, &'c str)>,
    ) -> Result<Lookup, Fault> {
        Ok(Lookup(format!("{handle}|eq-{}", digest_of(pairs)?).into()))
    }

    /// Grants whose first pair among others is this.
    pub(crate) fn subset(handle: &str, pair: (&str, &str)) -> Result<Lookup, Fault> {
        Ok(Lookup(format!("{handle}|sub-{}", digest_of([pair])?).into()))
    }

    /// Not grants, but whether there are any of the kind before.
    pub(crate) fn any_subset(handle: &str) -> Lookup {
        Lookup(format!("{handle}|sub-").into())
    }

    /// The look-up of this text, as rows have it.
    pub(crate) fn of_text(text: &str) -> Lookup {
        Lookup(text.into())
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The look-ups that a row of this text is an answer to.
    pub(crate) fn of_row(text: &str) -> impl Iterator<Item = Lookup> {
        let any = text.split_once("|sub-").map(|(handle, _)| Lookup::any_subset(handle));
        [Some(Lookup(text.into())), any].into_iter().flatten()
    }
}

fn grant_path(place: &Place, key: &KeyId, id: GrantId) -> Result<Path, Fault> {
    path(format!("{}/{}/grant/{key}/{id}", place.account, place.region))
}

fn granted_prefix(place: &Place, key: &KeyId, Lookup(lookup): &Lookup) -> String {
    format!("{}/{}/granted/{key}/{lookup}", place.account, place.region)
}

fn name_prefix(place: &Place, key: &KeyId, name: &str) -> String {
    format!("{}/{}/grant-name/{key}/{name}/", place.account, place.region)
}

fn count_path(place: &Place, key: &KeyId) -> Result<Path, Fault> {
    path(format!("{}/{}/grant-count/{key}", place.account, place.region))
}

/// Services belong to no account.
fn retirable_prefix(account: Option<AccountId>, region: Region, handle: &str) -> String {
    let account = account.as_ref().map_or("-", |account| account.as_str());
    format!("{account}/{region}/retirable/{handle}/")
}

/// The grant of this id, if it is stored.
pub(crate) async fn load_grant(
    store: &SealedStore,
    place: Place,
    key: KeyId,
    id: GrantId,
) -> Result<Option<Grant>, Fault> {
    let Some(entry) = store.read(&grant_path(&place, &key, id)?).await.map_err(told)? else {
        return Ok(None);
    };
    Ok(Some(Grant { place, key, record: from_json(&entry)? }))
}

/// Up to `limit` grants of a key after `after`, in the order of their ids.
pub(crate) async fn list_grants(
    store: &SealedStore,
    place: &Place,
    key: &KeyId,
    after: Option<GrantId>,
    limit: usize,
) -> Result<Vec<GrantRecord>, Fault> {
    let mut span = Span::prefix(&format!("{}/{}/grant/{key}/", place.account, place.region));
    if let Some(after) = after {
        span = span.after(&grant_path(place, key, after)?);
    }
    let entries = store.scan(span, limit).await.map_err(told)?;
    entries.iter().map(from_json).collect()
}

/// The grants that a look-up finds; of [`Lookup::any_subset`] the first alone.
pub(crate) async fn granted(
    store: &SealedStore,
    place: &Place,
    key: &KeyId,
    lookup: &Lookup,
) -> Result<Arc<[GrantRecord]>, Fault> {
    let prefix = granted_prefix(place, key, lookup);
    if lookup.0.ends_with("|sub-") {
        let first = store.scan(Span::prefix(&prefix), 1).await.map_err(told)?;
        return first.iter().map(from_json).collect();
    }
    let (mut span, mut records) = (Span::prefix(&format!("{prefix}/")), Vec::new());
    loop {
        let page = store.scan(span.clone(), SCAN_LIMIT_ENTRIES).await.map_err(told)?;
        for entry in &page {
            records.push(from_json(entry)?);
        }
        match page.last() {
            Some(last) if page.len() == SCAN_LIMIT_ENTRIES => span = span.after(&last.path),
            Some(_) | None => return Ok(records.into()),
        }
    }
}

/// Up to `limit` rows of grants of a key to this handle; whether these are all, and each grant once.
pub(crate) async fn grants_to(
    store: &SealedStore,
    place: &Place,
    key: &KeyId,
    handle: &str,
    limit: usize,
) -> Result<(Vec<GrantRecord>, bool), Fault> {
    let prefix = format!("{}/{}/granted/{key}/{handle}|", place.account, place.region);
    let entries = store.scan(Span::prefix(&prefix), limit).await.map_err(told)?;
    let mut records: Vec<GrantRecord> = entries.iter().map(from_json).collect::<Result<_, _>>()?;
    records.sort_by_key(|record| record.id);
    records.dedup_by_key(|record| record.id);
    Ok((records, entries.len() < limit))
}

/// The next grantee of a key after the one with this handle, as one of its grants names it.
pub(crate) async fn next_grantee(
    store: &SealedStore,
    place: &Place,
    key: &KeyId,
    after: Option<&str>,
) -> Result<Option<Party>, Fault> {
    let prefix = format!("{}/{}/granted/{key}/", place.account, place.region);
    let mut span = Span::prefix(&prefix);
    if let Some(after) = after {
        // Behind every bucket of that handle.
        span = span.after(&path(format!("{prefix}{after}|~"))?);
    }
    let first = store.scan(span, 1).await.map_err(told)?;
    let record: Option<GrantRecord> = first.first().map(from_json).transpose()?;
    Ok(record.map(|record| record.terms.grantee))
}

/// The grants of a key that have this name.
pub(crate) async fn named_grants(
    store: &SealedStore,
    place: Place,
    key: KeyId,
    name: &str,
) -> Result<Vec<Grant>, Fault> {
    let prefix = name_prefix(&place, &key, name);
    let mut found = Vec::new();
    for entry in store.scan(Span::prefix(&prefix), SCAN_LIMIT_ENTRIES).await.map_err(told)? {
        // A longer name may go on behind a slash: then what is left is no id.
        let id = entry.path.as_str().strip_prefix(&prefix).map(str::parse);
        if let Some(Ok(id)) = id {
            found.extend(load_grant(store, place, key, id).await?);
        }
    }
    Ok(found)
}

/// Up to `limit` grants in a Region that this party may retire, after the one of which this was the rest of the row's
/// path; each with that rest.
pub(crate) async fn retirable_grants(
    store: &SealedStore,
    party: &Party,
    region: Region,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, Grant)>, Fault> {
    let prefix = retirable_prefix(party.account(), region, party.handle());
    let mut span = Span::prefix(&prefix);
    if let Some(after) = after {
        span = span.after(&path(format!("{prefix}{after}"))?);
    }
    let mut found = Vec::new();
    loop {
        let rows = store.scan(span.clone(), limit).await.map_err(told)?;
        for row in &rows {
            let rest = row.path.as_str().strip_prefix(&prefix).unwrap_or_default();
            found.extend(retirable_grant(store, region, rest).await?.map(|grant| (rest.to_owned(), grant)));
        }
        match rows.last() {
            // Of a grant that ended meanwhile only the row was seen: it does not make the list shorter.
            Some(last) if rows.len() == limit && found.len() < limit => span = span.after(&last.path),
            Some(_) | None => {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }
}

async fn retirable_grant(store: &SealedStore, region: Region, rest: &str) -> Result<Option<Grant>, Fault> {
    let parts: Vec<&str> = rest.split('/').collect();
    let [account, key, id] = parts[..] else {
        return Err(Fault::internal(format!("the row {rest} names no grant")));
    };
    let place = Place { account: account.parse().map_err(Fault::internal)?, region };
    load_grant(store, place, key.parse().map_err(Fault::internal)?, id.parse().map_err(Fault::internal)?)
        .await
}

/// How many grants a key has.
pub(crate) async fn count_grants(
    store: &SealedStore,
    place: &Place,
    key: &KeyId,
) -> Result<GrantCount, Fault> {
    match store.read(&count_path(place, key)?).await.map_err(told)? {
        None => Ok(GrantCount { count: 0, revision: None }),
        Some(entry) => Ok(GrantCount { count: from_json(&entry)?, revision: Some(entry.revision) }),
    }
}

impl Changes {
    /// Sees to it that nobody else has changed the key.
    pub(crate) fn with_key(mut self, key: &Key) -> Changes {
        self.guard(
            super::key_path(&key.place, &key.record.id).map(|path| Guard::Unchanged(path, key.revision)),
        );
        self
    }

    /// Writes a grant of `key`, which has `count` so far.
    pub(crate) fn create_grant(self, key: &Key, record: &GrantRecord, count: GrantCount) -> Changes {
        let grant = Grant { place: key.place, key: key.record.id, record: record.clone() };
        let mut changes = self.with_key(key).count_grants(&grant, count, count.count + 1);
        changes.guard(grant_path(&grant.place, &grant.key, record.id).map(Guard::Absent));
        for row in grant.rows() {
            match row {
                Row::Record(path) => changes.put_json(path, record),
                Row::Note(path) => {
                    changes
                        .write(path.map(|path| Write::Put(path, claviger_crypto::Secret::new(Vec::new()))));
                }
            }
        }
        changes
    }

    /// Removes a grant from among `count`.
    pub(crate) fn delete_grant(self, grant: &Grant, count: GrantCount) -> Changes {
        let mut changes = self.count_grants(grant, count, count.count.saturating_sub(1));
        for row in grant.rows() {
            let (Row::Record(path) | Row::Note(path)) = row;
            changes.write(path.map(Write::Delete));
        }
        changes
    }

    /// Removes grants of one key that is about to go, and with them the count.
    pub(crate) fn purge_grants(mut self, place: &Place, key: &KeyId, grants: &[Grant]) -> Changes {
        for row in grants.iter().flat_map(Grant::rows) {
            let (Row::Record(path) | Row::Note(path)) = row;
            self.write(path.map(Write::Delete));
        }
        self.write(count_path(place, key).map(Write::Delete));
        self
    }

    fn count_grants(mut self, grant: &Grant, before: GrantCount, after: u64) -> Changes {
        let path = count_path(&grant.place, &grant.key);
        self.guard(path.map(|path| match before.revision {
            None => Guard::Absent(path),
            Some(revision) => Guard::Unchanged(path, revision),
        }));
        self.put_json(count_path(&grant.place, &grant.key), &after);
        self
    }
}

/// A row of a grant: with its record, or only saying that it is there.
enum Row {
    Record(Result<Path, Fault>),
    Note(Result<Path, Fault>),
}

impl Grant {
    fn rows(&self) -> Vec<Row> {
        let Grant { place, key, record } = self;
        let mut rows = vec![Row::Record(grant_path(place, key, record.id))];
        for lookup in self.lookups() {
            let granted = |lookup| path(format!("{}/{}", granted_prefix(place, key, &lookup), record.id));
            rows.push(Row::Record(lookup.and_then(granted)));
        }
        if let Some(name) = &record.terms.name {
            rows.push(Row::Note(path(format!("{}{}", name_prefix(place, key, name), record.id))));
        }
        if let Some(party) = &record.terms.retiring {
            let prefix = retirable_prefix(party.account(), place.region, party.handle());
            rows.push(Row::Note(path(format!("{prefix}{}/{key}/{}", place.account, record.id))));
        }
        rows
    }

    fn lookups(&self) -> Vec<Result<Lookup, Fault>> {
        let terms = &self.record.terms;
        let handle = terms.grantee.handle();
        let Some(constraint) = &terms.constraints.context else { return vec![Ok(Lookup::free(handle))] };
        let mut pairs = constraint.pairs().iter().map(|(key, value)| (&**key, &**value));
        let by_context = match constraint {
            ContextConstraint::Equals(_) => Lookup::equals(handle, pairs),
            ContextConstraint::Subset(_) => match pairs.next() {
                Some(first) => Lookup::subset(handle, first),
                None => Ok(Lookup::free(handle)),
            },
        };
        let is_plain = terms.operations.iter().any(|operation| !operation.minds_context());
        let plain = is_plain.then(|| Ok(Lookup::plain(handle)));
        [Some(by_context), plain].into_iter().flatten().collect()
    }
}
