//! The keys that import tokens are sealed under: a fresh one for each day, the same for all nodes, destroyed when the
//! last token under it is past its time. From then on nobody opens a token that was recorded on its way, nor what was
//! wrapped for it.
//!
//! | path | value |
//! |---|---|
//! | `-/-/import-key/{epoch seconds of when it was made}` | the key |

use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::Secret;
use claviger_seal::{SealedEntry, Write};
use claviger_store::{Guard, Outcome, Path, Span};

use super::VALIDITY;
use crate::fault::Fault;
use crate::keyspace;
use crate::kms::Kms;

/// How long a key seals new tokens.
const SEALS: SignedDuration = SignedDuration::from_hours(24);

const KEYS: &str = "-/-/import-key/";
const KEY_BYTES: usize = 32;

/// Digits of a moment in a path, so that paths are in the order of time.
const DIGITS: usize = 20;

/// Keys that are looked at together. There are three at most while time goes forward.
const SCAN_ENTRIES: usize = 1_000;

/// A key that import tokens are sealed under.
pub(super) struct TokenKey {
    pub made: Timestamp,
    pub secret: Secret,
}

/// The key that new tokens are sealed under.
pub(super) async fn newest(kms: &Kms) -> Result<TokenKey, Fault> {
    let now = kms.now();
    match all(kms).await?.pop() {
        Some(key) if now < key.made.saturating_add(SEALS).map_err(Fault::internal)? => Ok(key),
        Some(_) | None => create(kms, now).await,
    }
}

/// The key that was made in this second, if it is not destroyed.
pub(super) async fn made_at(kms: &Kms, made: Timestamp) -> Result<Option<TokenKey>, Fault> {
    let entry = kms.store.read(&path(made)?).await.map_err(keyspace::told)?;
    entry.map(read).transpose()
}

/// Whether every token under a key of that moment is past its time.
pub(super) fn is_past(made: Timestamp, now: Timestamp) -> bool {
    made.saturating_add(SEALS + VALIDITY).is_ok_and(|end| end <= now)
}

/// Destroys the keys under which no token serves any longer, and tells how many these were.
pub(crate) async fn destroy_old(kms: &Kms) -> Result<usize, Fault> {
    let now = kms.now();
    let old = all(kms).await?.into_iter().filter(|key| is_past(key.made, now));
    let writes = old.map(|key| path(key.made).map(Write::Delete)).collect::<Result<Vec<_>, Fault>>()?;
    let count = writes.len();
    if count > 0 {
        let (Outcome::Committed(_) | Outcome::Conflict) =
            kms.store.commit(Vec::new(), writes).await.map_err(keyspace::told)?;
    }
    Ok(count)
}

async fn all(kms: &Kms) -> Result<Vec<TokenKey>, Fault> {
    let entries = kms.store.scan(Span::prefix(KEYS), SCAN_ENTRIES).await.map_err(keyspace::told)?;
    entries.into_iter().map(read).collect()
}

async fn create(kms: &Kms, now: Timestamp) -> Result<TokenKey, Fault> {
    let path = path(now)?;
    let secret = Secret::random(KEY_BYTES, &*kms.random).map_err(Fault::internal)?;
    let write = Write::Put(path.clone(), secret);
    // Where another node was quicker, its key is the key of both.
    let (Outcome::Committed(_) | Outcome::Conflict) =
        kms.store.commit(vec![Guard::Absent(path)], vec![write]).await.map_err(keyspace::told)?;
    made_at(kms, now).await?.ok_or_else(|| Fault::internal("a new import key is gone"))
}

fn read(entry: SealedEntry) -> Result<TokenKey, Fault> {
    let seconds = entry.path.as_str().strip_prefix(KEYS).and_then(|seconds| seconds.parse().ok());
    let made = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    match made {
        Some(made) if entry.value.len() == KEY_BYTES => Ok(TokenKey { made, secret: entry.value }),
        Some(_) | None => Err(Fault::internal(format!("the row {} is no import key", entry.path))),
    }
}

fn path(made: Timestamp) -> Result<Path, Fault> {
    let text = format!("{KEYS}{:0DIGITS$}", made.as_second());
    Path::parse(&text).map_err(Fault::internal)
}
