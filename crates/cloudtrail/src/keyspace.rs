//! The one table of what is stored of trails.
//!
//! | path | value |
//! |---|---|
//! | `-/-/cloudtrail/trail/{account}/{home Region}/{name}` | [`Trail`] as JSON |
//! | `-/-/cloudtrail/census/{account}` | how many trails there were before the latest change: guards them as a whole |
//! | `-/-/cloudtrail/status/{unique id}` | [`Status`] as JSON |
//! | `-/-/cloudtrail/chain/{unique id}/{Region}` | [`Chain`] as JSON |
//! | `-/-/cloudtrail/digest-key/{Region}/{epoch seconds}` | a [`SigningKey`], valid from then on |
//!
//! The trails of all accounts stand side by side, because whoever delivers looks through all of them.

use claviger_clock::Timestamp;
use claviger_names::{AccountId, Region};
use claviger_seal::{SealedEntry, SealedStore, Write};
use claviger_store::{Guard, Path, Revision, SCAN_LIMIT_ENTRIES, Span};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::CloudTrailError;
use crate::digest::{Delivered, Link};
use crate::signing_key::SigningKey;
use crate::trail::{Trail, TrailId};

/// Regions whose chains one commit ends.
const CHAINS_PER_TRAIL_MAX: usize = 100;

/// What every trail's path begins with.
pub(crate) const TRAILS: &str = "-/-/cloudtrail/trail/";

/// A stored value, and the commit that it is the state of.
pub(crate) struct Stored<T> {
    pub value: T,
    pub revision: Revision,
}

/// How delivery for a trail goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    pub log_files: Attempts,
    pub digests: Attempts,
}

/// How it went with one kind of file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempts {
    /// When the latest was delivered.
    pub success: Option<Timestamp>,
    /// When the latest was tried.
    pub attempt: Option<Timestamp>,
    /// Why the latest was not delivered.
    pub error: Option<String>,
}

/// The digests of a trail in a Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chain {
    /// Up to when there are digests, or when they begin.
    pub since: Timestamp,
    /// The newest that was delivered.
    pub latest: Option<Link>,
    /// Log files that were delivered and stand in none yet.
    pub log_files: Vec<Delivered>,
    /// The one that is being delivered.
    pub pending: Option<PendingDigest>,
}

/// A digest that is signed and not yet delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingDigest {
    /// What the next one leads back to.
    pub link: Link,
    pub text: String,
}

impl Chain {
    pub(crate) fn beginning(since: Timestamp) -> Chain {
        Chain { since, latest: None, log_files: Vec::new(), pending: None }
    }
}

pub(crate) fn trail_path(account: AccountId, home: Region, name: &str) -> Result<Path, CloudTrailError> {
    Ok(Path::parse(&format!("{TRAILS}{account}/{home}/{name}"))?)
}

pub(crate) fn path_of(id: &TrailId) -> Result<Path, CloudTrailError> {
    trail_path(id.account, id.home, id.name.as_str())
}

pub(crate) fn status_path(id: &TrailId) -> Result<Path, CloudTrailError> {
    Ok(Path::parse(&format!("-/-/cloudtrail/status/{}", id.unique))?)
}

pub(crate) fn chain_path(id: &TrailId, region: Region) -> Result<Path, CloudTrailError> {
    Ok(Path::parse(&format!("-/-/cloudtrail/chain/{}/{region}", id.unique))?)
}

pub(crate) fn census_path(account: AccountId) -> Result<Path, CloudTrailError> {
    Ok(Path::parse(&format!("-/-/cloudtrail/census/{account}"))?)
}

/// What ends all chains of digests of a trail.
pub(crate) async fn end_chains(store: &SealedStore, id: &TrailId) -> Result<Vec<Write>, CloudTrailError> {
    let span = Span::prefix(&format!("-/-/cloudtrail/chain/{}/", id.unique));
    let chains = store.scan(span, CHAINS_PER_TRAIL_MAX).await?;
    Ok(chains.into_iter().map(|chain| Write::Delete(chain.path)).collect())
}

/// The value at `path`, if there is one.
pub(crate) async fn read<T: DeserializeOwned>(
    store: &SealedStore,
    path: &Path,
) -> Result<Option<Stored<T>>, CloudTrailError> {
    store.read(path).await?.map(stored).transpose()
}

/// This very trail, if it still is.
pub(crate) async fn read_trail(
    store: &SealedStore,
    id: &TrailId,
) -> Result<Option<Stored<Trail>>, CloudTrailError> {
    let found: Option<Stored<Trail>> = read(store, &path_of(id)?).await?;
    Ok(found.filter(|found| found.value.id.unique == id.unique))
}

/// The trails of an account, or of all, in the order of accounts, Regions and names.
pub(crate) async fn list_trails(
    store: &SealedStore,
    account: Option<AccountId>,
) -> Result<Vec<Trail>, CloudTrailError> {
    let prefix = account.map_or_else(|| TRAILS.to_owned(), |account| format!("{TRAILS}{account}/"));
    let mut span = Span::prefix(&prefix);
    let mut trails = Vec::new();
    loop {
        let page = store.scan(span.clone(), SCAN_LIMIT_ENTRIES).await?;
        let last = page.last().filter(|_| page.len() == SCAN_LIMIT_ENTRIES).map(|entry| entry.path.clone());
        for entry in page {
            trails.push(stored(entry)?.value);
        }
        match last {
            Some(last) => span = span.after(&last),
            None => return Ok(trails),
        }
    }
}

/// The keys of a Region, oldest first.
pub(crate) async fn list_signing_keys(
    store: &SealedStore,
    region: Region,
) -> Result<Vec<SigningKey>, CloudTrailError> {
    let prefix = format!("-/-/cloudtrail/digest-key/{region}/");
    let entries = store.scan(Span::prefix(&prefix), SCAN_LIMIT_ENTRIES).await?;
    let key = |entry: &SealedEntry| {
        let from = entry.path.as_str()[prefix.len()..].parse().map_err(|_| CloudTrailError::SigningKey)?;
        let from = Timestamp::from_second(from).map_err(|_| CloudTrailError::SigningKey)?;
        Ok(SigningKey::open(&entry.value, from)?)
    };
    entries.iter().map(key).collect()
}

/// Where the key of a Region is stored that is valid from this time on.
pub(crate) fn signing_key_path(region: Region, from: Timestamp) -> Result<Path, CloudTrailError> {
    Ok(Path::parse(&format!("-/-/cloudtrail/digest-key/{region}/{:020}", from.as_second()))?)
}

/// That nobody changed what was read: the commit of it, or that there was nothing.
pub(crate) fn guard<T>(path: &Path, read: Option<&Stored<T>>) -> Guard {
    match read {
        Some(stored) => Guard::Unchanged(path.clone(), stored.revision),
        None => Guard::Absent(path.clone()),
    }
}

pub(crate) fn put<T: Serialize>(path: Path, value: &T) -> Result<Write, CloudTrailError> {
    Ok(Write::put(path, serde_json::to_vec(value)?))
}

fn stored<T: DeserializeOwned>(entry: SealedEntry) -> Result<Stored<T>, CloudTrailError> {
    Ok(Stored { value: serde_json::from_slice(entry.value.expose())?, revision: entry.revision })
}
