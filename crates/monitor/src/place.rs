//! Where things of this crate belong: an account in a Region, and which of those have any.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use claviger_names::{AccountId, Region};
use claviger_seal::{SealedEntry, SealedStore, Write};
use claviger_store::{Outcome, Path, SCAN_LIMIT_ENTRIES, Span};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::WatchFault;

/// What the paths begin with that say which places have anything.
const PLACES_PREFIX: &str = "-/-/watched/";

/// An account in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub account: AccountId,
    pub region: Region,
}

/// The places that have alarms, filters or metrics. Each is noted once, so that all can be found at the next start.
pub(crate) struct Places(Mutex<HashSet<Place>>);

impl Place {
    /// A path of this place.
    pub(crate) fn path(self, rest: impl std::fmt::Display) -> Result<Path, WatchFault> {
        Ok(Path::try_from(format!("{}/{}/{rest}", self.account, self.region))?)
    }

    /// All of its paths that go on so.
    pub(crate) fn span(self, prefix: &str) -> Span {
        Span::prefix(&format!("{}/{}/{prefix}", self.account, self.region))
    }

    /// An ARN in it.
    pub(crate) fn arn(self, service: &str, resource: impl std::fmt::Display) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.region.partition(), self.region, self.account)
    }

    fn of_note(path: &Path) -> Option<Place> {
        let (account, region) = path.as_str().strip_prefix(PLACES_PREFIX)?.split_once('/')?;
        Some(Place { account: account.parse().ok()?, region: region.parse().ok()? })
    }
}

impl Places {
    /// Those that are noted.
    pub(crate) async fn load(store: &SealedStore) -> Result<Places, WatchFault> {
        let notes = scan_all(store, Span::prefix(PLACES_PREFIX)).await?;
        Ok(Places(Mutex::new(notes.iter().filter_map(|note| Place::of_note(&note.path)).collect())))
    }

    pub(crate) fn all(&self) -> Vec<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Notes a place, before anything is stored there.
    pub(crate) async fn note(&self, store: &SealedStore, place: Place) -> Result<(), WatchFault> {
        let is_known = || self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&place);
        if is_known() {
            return Ok(());
        }
        let note = Path::try_from(format!("{PLACES_PREFIX}{}/{}", place.account, place.region))?;
        put(store, vec![Write::put(note, Vec::new())]).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
        Ok(())
    }
}

/// All of a span, however long.
pub(crate) async fn scan_all(store: &SealedStore, span: Span) -> Result<Vec<SealedEntry>, WatchFault> {
    let (mut rest, mut found) = (span, Vec::new());
    loop {
        let page = store.scan(rest.clone(), SCAN_LIMIT_ENTRIES).await?;
        let last = page.last().map(|entry| entry.path.clone()).filter(|_| page.len() == SCAN_LIMIT_ENTRIES);
        found.extend(page);
        match last {
            Some(last) => rest = rest.after(&last),
            None => return Ok(found),
        }
    }
}

/// Writes what depends on nothing.
pub(crate) async fn put(store: &SealedStore, writes: Vec<Write>) -> Result<(), WatchFault> {
    match store.commit(Vec::new(), writes).await? {
        Outcome::Committed(_) => Ok(()),
        Outcome::Conflict => Err(WatchFault::Overtaken),
    }
}

/// A stored value of JSON.
pub(crate) fn read_json<T: DeserializeOwned>(entry: &SealedEntry) -> Result<T, WatchFault> {
    serde_json::from_slice(entry.value.expose()).map_err(|_| WatchFault::Unreadable(entry.path.clone()))
}

/// A write of JSON.
pub(crate) fn put_json(path: Path, value: &impl Serialize) -> Result<Write, WatchFault> {
    let json = serde_json::to_vec(value).map_err(|_| WatchFault::Unreadable(path.clone()))?;
    Ok(Write::put(path, json))
}

/// What could be read. What could not is told in the log and hinders nothing else.
pub(crate) fn readable<T>(read: Result<T, WatchFault>) -> Option<T> {
    read.inspect_err(|fault| tracing::error!(%fault, "a stored row is passed over")).ok()
}
