//! The domain keys that are open in memory, and how they come there.

use crate::domain_key::DomainKey;
use crate::place::Domain;
use crate::{RootKey, SealError};
use arc_swap::ArcSwap;
use claviger_clock::{Clock, SignedDuration, Timestamp};
use claviger_crypto::Random;
use claviger_store::{Entry, Outcome, SCAN_LIMIT_ENTRIES, Span, Store, Transaction};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const FIRST_VERSION: u32 = 1;

/// Opens domain keys once and keeps them; who reads takes no lock.
pub(crate) struct Keyring {
    store: Arc<dyn Store>,
    root: Arc<dyn RootKey>,
    random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
    domains: ArcSwap<HashMap<Box<str>, OpenKeys>>,
}

#[derive(Clone, Default)]
struct OpenKeys {
    versions: BTreeMap<u32, Arc<DomainKey>>,
    // Known only once the store was asked for all versions; a newer one may since have come from another node.
    newest: Option<Arc<DomainKey>>,
}

impl OpenKeys {
    /// A version that a value named. When it is newer than the newest known, another node has rotated.
    fn add(&mut self, key: &Arc<DomainKey>) {
        self.versions.insert(key.version, key.clone());
        if let Some(newest) = &mut self.newest
            && newest.version < key.version
        {
            *newest = key.clone();
        }
    }

    /// The newest version that the store holds.
    fn add_newest(&mut self, key: &Arc<DomainKey>) {
        self.add(key);
        self.newest.get_or_insert_with(|| key.clone());
    }
}

impl Keyring {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        root: Arc<dyn RootKey>,
        random: Arc<dyn Random>,
        clock: Arc<dyn Clock>,
    ) -> Keyring {
        Keyring { store, root, random, clock, domains: ArcSwap::default() }
    }

    /// The key of this version; none when it is not stored.
    pub(crate) async fn version(
        &self,
        domain: Domain<'_>,
        version: u32,
    ) -> Result<Option<Arc<DomainKey>>, SealError> {
        if let Some(key) = self.known(domain, |keys| keys.versions.get(&version).cloned()) {
            return Ok(Some(key));
        }
        let path = domain.key_path(version)?;
        match self.store.read(&path).await? {
            Some(entry) => {
                let key = self.unwrap(version, &entry).await?;
                self.update(domain, |keys| keys.add(&key));
                Ok(Some(key))
            }
            None => Ok(None),
        }
    }

    /// The key that new values are sealed under; the first one is made when there is none.
    pub(crate) async fn newest(&self, domain: Domain<'_>) -> Result<Arc<DomainKey>, SealError> {
        if let Some(key) = self.known(domain, |keys| keys.newest.clone()) {
            return Ok(key);
        }
        if let Some(key) = self.newest_stored(domain).await? {
            return Ok(key);
        }
        if let Some(key) = self.create(domain, FIRST_VERSION).await? {
            return Ok(key);
        }
        // Another node was quicker: its key is the key of both.
        match self.newest_stored(domain).await? {
            Some(key) => Ok(key),
            None => Err(SealError::Unsealable { path: domain.key_path(FIRST_VERSION)? }),
        }
    }

    /// Makes a new version in every domain whose newest is at least that old. Answers how many were made.
    pub(crate) async fn rotate_older_than(&self, age: SignedDuration) -> Result<usize, SealError> {
        let due = self.clock.now().checked_sub(age).unwrap_or(Timestamp::MIN);
        let mut rotated = 0;
        let mut rest = Span::prefix("");
        while let Some(first) = self.store.scan(rest.clone(), 1).await?.pop() {
            let Some(domain) = Domain::of(&first.path) else {
                return Err(SealError::NoDomain { path: first.path });
            };
            rotated += usize::from(self.rotate(domain, due).await?);
            rest = rest.after(&domain.end()?);
        }
        Ok(rotated)
    }

    async fn rotate(&self, domain: Domain<'_>, due: Timestamp) -> Result<bool, SealError> {
        let Some(newest) = self.newest_stored(domain).await? else { return Ok(false) };
        match newest.version.checked_add(1) {
            Some(next) if newest.created <= due => Ok(self.create(domain, next).await?.is_some()),
            Some(_) | None => Ok(false),
        }
    }

    fn known(
        &self,
        domain: Domain<'_>,
        find: impl Fn(&OpenKeys) -> Option<Arc<DomainKey>>,
    ) -> Option<Arc<DomainKey>> {
        self.domains.load().get(domain.as_str()).and_then(find)
    }

    /// The newest key as of now, asked from the store. Only that one is unwrapped.
    async fn newest_stored(&self, domain: Domain<'_>) -> Result<Option<Arc<DomainKey>>, SealError> {
        let Some(entry) = self.last_entry(Span::prefix(&domain.keys_prefix())).await? else {
            return Ok(None);
        };
        let unsealable = || SealError::Unsealable { path: entry.path.clone() };
        let version = domain.key_version(&entry.path).ok_or_else(unsealable)?;
        let key = self.unwrap(version, &entry).await?;
        self.update(domain, |keys| keys.add_newest(&key));
        Ok(Some(key))
    }

    async fn last_entry(&self, mut rest: Span) -> Result<Option<Entry>, SealError> {
        let mut last = None;
        loop {
            let mut page = self.store.scan(rest.clone(), SCAN_LIMIT_ENTRIES).await?;
            let full = page.len() == SCAN_LIMIT_ENTRIES;
            last = page.pop().or(last);
            match &last {
                Some(entry) if full => rest = rest.after(&entry.path),
                Some(_) | None => return Ok(last),
            }
        }
    }

    /// The new key, or none when that version exists.
    async fn create(&self, domain: Domain<'_>, version: u32) -> Result<Option<Arc<DomainKey>>, SealError> {
        let path = domain.key_path(version)?;
        let key = Arc::new(DomainKey::generate(version, self.clock.now(), &*self.random)?);
        let wrapped = key.wrap(&*self.root, &path, &*self.random).await?;
        match self.store.commit(Transaction::new().absent(path.clone()).put(path, wrapped)).await? {
            Outcome::Committed(_) => {
                self.update(domain, |keys| keys.add_newest(&key));
                Ok(Some(key))
            }
            Outcome::Conflict => Ok(None),
        }
    }

    async fn unwrap(&self, version: u32, entry: &Entry) -> Result<Arc<DomainKey>, SealError> {
        DomainKey::unwrap(version, entry, &*self.root).await.map(Arc::new)
    }

    fn update(&self, domain: Domain<'_>, change: impl Fn(&mut OpenKeys)) {
        self.domains.rcu(|domains| {
            let mut domains = HashMap::clone(domains);
            change(domains.entry(domain.as_str().into()).or_default());
            domains
        });
    }
}
