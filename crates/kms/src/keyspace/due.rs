//! What is to be done with keys when their time has come.

use claviger_clock::Timestamp;
use claviger_crypto::Secret;
use claviger_names::KeyId;
use claviger_seal::{SealedEntry, SealedStore, Write};
use claviger_store::{Path, Span};

use super::{Changes, path, told};
use crate::fault::Fault;
use crate::model::{Key, Place};

/// What is done with a key when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    Delete,
    Expire,
    Rotate,
}

impl Duty {
    fn prefix(self) -> &'static str {
        match self {
            Duty::Delete => "-/-/due/",
            Duty::Expire => "-/-/expire/",
            Duty::Rotate => "-/-/rotate/",
        }
    }
}

/// A key whose time has come.
pub(crate) struct Due {
    pub place: Place,
    pub key: KeyId,
    pub row: Path,
}

pub(super) fn due_path(duty: Duty, due: Timestamp, place: &Place, id: &KeyId) -> Result<Path, Fault> {
    path(format!("{}{:020}/{}/{}/{id}", duty.prefix(), due.as_second(), place.account, place.region))
}

/// Up to `limit` keys after the row `after` with which this is to be done by `now`.
pub(crate) async fn list_due(
    store: &SealedStore,
    duty: Duty,
    now: Timestamp,
    after: Option<&Path>,
    limit: usize,
) -> Result<Vec<Due>, Fault> {
    let prefix = duty.prefix();
    let from = path(prefix.to_owned())?;
    // A row tells the second: once that is over, what it notes is past.
    let until = path(format!("{prefix}{:020}", now.as_second()))?;
    let span = Span::between(&from, &until);
    let span = if let Some(after) = after { span.after(after) } else { span };
    let entries = store.scan(span, limit).await.map_err(told)?;
    entries.into_iter().map(due_of).collect()
}

/// Up to `limit` keys and when material of theirs expires, the soonest first.
pub(crate) async fn next_expirations(
    store: &SealedStore,
    limit: usize,
) -> Result<Vec<(Place, KeyId, Timestamp)>, Fault> {
    let entries = store.scan(Span::prefix(Duty::Expire.prefix()), limit).await.map_err(told)?;
    let expiration = |entry: SealedEntry| {
        let seconds = entry.path.as_str().split('/').nth(3).and_then(|second| second.parse().ok());
        let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let at = at.ok_or_else(|| Fault::internal(format!("the row {} names no time", entry.path)))?;
        let due = due_of(entry)?;
        Ok((due.place, due.key, at))
    };
    entries.into_iter().map(expiration).collect()
}

fn due_of(entry: SealedEntry) -> Result<Due, Fault> {
    let parts: Vec<&str> = entry.path.as_str().split('/').collect();
    let ["-", "-", "due" | "expire" | "rotate", _, account, region, key] = parts[..] else {
        return Err(Fault::internal(format!("the row {} names no key", entry.path)));
    };
    let place = Place {
        account: account.parse().map_err(Fault::internal)?,
        region: region.parse().map_err(Fault::internal)?,
    };
    Ok(Due { place, key: key.parse().map_err(Fault::internal)?, row: entry.path })
}

impl Changes {
    /// Notes when something is to be done with a key.
    pub(crate) fn schedule(mut self, duty: Duty, key: &Key, due: Timestamp) -> Changes {
        let path = due_path(duty, due, &key.place, &key.record.id);
        self.write(path.map(|path| Write::Put(path, Secret::new(Vec::new()))));
        self
    }

    /// Takes that note back.
    pub(crate) fn unschedule(mut self, duty: Duty, key: &Key, due: Timestamp) -> Changes {
        self.write(due_path(duty, due, &key.place, &key.record.id).map(Write::Delete));
        self
    }

    /// Removes a row of [`list_due`].
    pub(crate) fn settle(mut self, due: &Due) -> Changes {
        self.write(Ok(Write::Delete(due.row.clone())));
        self
    }
}
