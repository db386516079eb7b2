//! The keys that session tokens are sealed under: one for all nodes, followed by another when it is old.
//!
//! | path | value |
//! |---|---|
//! | `-/-/session-key/{version}` | when it was made (seconds since 1970, 8 bytes), and the key |

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use claviger_clock::{Clock, SignedDuration, Timestamp};
use claviger_crypto::{Random, Secret};
use claviger_seal::{SealedEntry, SealedStore, Write};
use claviger_store::{Guard, Outcome, Path, Span};

use crate::IamError;

/// Age at which a key is followed by another.
const ROTATION: SignedDuration = SignedDuration::from_hours(30 * 24);

const KEYS: &str = "-/-/session-key/";
const KEY_BYTES: usize = 32;
const TIME_BYTES: usize = size_of::<i64>();

/// Digits of a version in a path, so that paths are in the order of versions.
const VERSION_DIGITS: usize = 10;

/// Keys of one page when all are read.
const SCAN_ENTRIES: usize = 1_000;

/// A session key.
pub(super) struct SessionKey {
    pub version: u32,
    pub secret: Secret,
    created: Timestamp,
}

/// The session keys that are open in memory.
pub(super) struct SessionKeys {
    store: Arc<SealedStore>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    open: ArcSwap<BTreeMap<u32, Arc<SessionKey>>>,
}

impl SessionKeys {
    pub(super) fn new(
        store: Arc<SealedStore>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> SessionKeys {
        SessionKeys { store, clock, random, open: ArcSwap::default() }
    }

    /// The key of this version, if there is one.
    pub(super) async fn version(&self, version: u32) -> Result<Option<Arc<SessionKey>>, IamError> {
        if let Some(key) = self.open.load().get(&version) {
            return Ok(Some(Arc::clone(key)));
        }
        match self.store.read(&path(version)?).await? {
            Some(entry) => self.hold(&entry).map(Some),
            None => Ok(None),
        }
    }

    /// The key that new tokens are sealed under.
    pub(super) async fn newest(&self) -> Result<Arc<SessionKey>, IamError> {
        let held = self.open.load().last_key_value().map(|(_, key)| Arc::clone(key));
        match held {
            Some(key) if !self.is_old(&key) => Ok(key),
            Some(_) | None => self.newest_stored().await,
        }
    }

    async fn newest_stored(&self) -> Result<Arc<SessionKey>, IamError> {
        let mut newest = None;
        let mut span = Span::prefix(KEYS);
        loop {
            let page = self.store.scan(span.clone(), SCAN_ENTRIES).await?;
            for entry in &page {
                newest = Some(self.hold(entry)?);
            }
            match page.last() {
                Some(last) if page.len() == SCAN_ENTRIES => span = span.after(&last.path),
                Some(_) | None => break,
            }
        }
        match newest {
            Some(key) if !self.is_old(&key) => Ok(key),
            Some(key) => self.create(key.version.saturating_add(1)).await,
            None => self.create(1).await,
        }
    }

    async fn create(&self, version: u32) -> Result<Arc<SessionKey>, IamError> {
        let (path, created) = (path(version)?, self.clock.now());
        let mut value = created.as_second().to_be_bytes().to_vec();
        value.extend_from_slice(Secret::random(KEY_BYTES, &*self.random)?.expose());
        let write = Write::Put(path.clone(), Secret::new(value));
        match self.store.commit(vec![Guard::Absent(path.clone())], vec![write]).await? {
            Outcome::Committed(_) => {}
            // Another node was quicker: its key is the key of both.
            Outcome::Conflict => {}
        }
        self.version(version).await?.ok_or_else(|| unreadable(&path))
    }

    fn is_old(&self, key: &SessionKey) -> bool {
        self.clock.now().duration_since(key.created) > ROTATION
    }

    fn hold(&self, entry: &SealedEntry) -> Result<Arc<SessionKey>, IamError> {
        let key = Arc::new(parse(entry).ok_or_else(|| unreadable(&entry.path))?);
        self.open.rcu(|open| {
            let mut open = BTreeMap::clone(open);
            open.insert(key.version, Arc::clone(&key));
            open
        });
        Ok(key)
    }
}

fn parse(entry: &SealedEntry) -> Option<SessionKey> {
    let version = entry.path.as_str().strip_prefix(KEYS)?.parse().ok()?;
    let (seconds, secret) = entry.value.expose().split_at_checked(TIME_BYTES)?;
    let created = Timestamp::from_second(i64::from_be_bytes(seconds.try_into().ok()?)).ok()?;
    let secret = Secret::new(secret.to_vec());
    (secret.len() == KEY_BYTES).then_some(SessionKey { version, secret, created })
}

fn path(version: u32) -> Result<Path, IamError> {
    Path::try_from(format!("{KEYS}{version:0VERSION_DIGITS$}")).map_err(IamError::Unnameable)
}

fn unreadable(path: &Path) -> IamError {
    IamError::Unreadable(path.clone(), "it is no session key".to_owned())
}
