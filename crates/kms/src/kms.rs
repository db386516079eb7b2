//! A node's KMS: its parts, and what every operation does with them.

use std::sync::Arc;

use claviger_audit::Trail;
use claviger_clock::{Clock, SignedDuration, Timestamp};
use claviger_crypto::Random;
use claviger_iam::Directory;
use claviger_names::{AliasName, KeyId, Region};
use claviger_seal::SealedStore;
use claviger_store::{Notice, Span};

use crate::cache::{AliasAddress, AliasTarget, Cache, KeyAddress};
use crate::exertion::Exertion;
use crate::fault::Fault;
use crate::generation::Generation;
use crate::keyspace::{self, Changes};
use crate::model::{Key, Place};
use crate::quota::{KeyCounts, Quotas, Requests};
use crate::turns::Turns;
use crate::uses::Uses;

/// What a KMS is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<SealedStore>,
    /// Accounts and their access keys.
    pub directory: Arc<Directory>,
    /// Where every request is recorded.
    pub trail: Arc<Trail>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids, keys and messages.
    pub random: Arc<dyn Random>,
    /// The Regions that keys can be in.
    pub regions: Box<[Region]>,
    /// Most bytes of keys held in memory.
    pub cache_bytes: u64,
    /// What accounts may take.
    pub quotas: Quotas,
}

/// A node's KMS.
pub struct Kms {
    pub(crate) store: Arc<SealedStore>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) trail: Arc<Trail>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) regions: Box<[Region]>,
    pub(crate) cache: Cache,
    /// When keys were last used.
    pub(crate) uses: Uses,
    /// Whose turn it is to change how many grants a key has.
    pub(crate) grant_turns: Turns,
    /// Whose turn it is to start over, of those whom another commit overtook.
    pub(crate) retry_turns: Turns,
    /// Where fresh keys are made.
    pub(crate) generation: Generation,
    pub(crate) exertion: Exertion,
    pub(crate) quotas: Quotas,
    pub(crate) requests: Requests,
    pub(crate) key_counts: KeyCounts,
}

impl Kms {
    /// A KMS of these parts. [`Kms::follow`] must run beside it.
    pub fn new(parts: Parts) -> Kms {
        let Parts { store, directory, trail, clock, random, regions, cache_bytes, mut quotas } = parts;
        let (requests, key_counts) = (Requests::new(quotas.requests.take()), KeyCounts::new());
        let (cache, generation) = (Cache::new(cache_bytes), Generation::new());
        let (grant_turns, retry_turns) = (Turns::new(), Turns::new());
        Kms {
            store,
            directory,
            trail,
            clock,
            random,
            regions,
            cache,
            uses: Uses::default(),
            grant_turns,
            retry_turns,
            generation,
            exertion: Exertion::new(),
            quotas,
            requests,
            key_counts,
        }
    }

    /// Keeps what is held in memory in step with the store's commits, for as long as the store lives.
    pub async fn follow(&self) {
        let mut watch = self.store.watch(Span::prefix(""));
        // What was held before the watch began may have changed unseen.
        self.cache.clear();
        while let Some(notice) = watch.next().await {
            match notice {
                Notice::Committed(_, paths) => {
                    self.cache.forget(&paths);
                    self.directory.forget(&paths);
                }
                Notice::Lost => {
                    self.cache.clear();
                    self.directory.clear();
                }
            }
        }
    }

    /// The present moment, in the milliseconds that the API tells.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The moment so many days from now.
    pub(crate) fn days_from_now(&self, days: i64) -> Result<Timestamp, Fault> {
        self.now().checked_add(SignedDuration::from_hours(24 * days)).map_err(Fault::internal)
    }

    /// The key of this id; none when there is none, or no longer.
    pub(crate) async fn key(&self, place: Place, id: KeyId) -> Result<Option<Arc<Key>>, Fault> {
        self.key_at(place, id, self.clock.now()).await
    }

    /// The key of this id as it is at this time.
    pub(crate) async fn key_at(
        &self,
        place: Place,
        id: KeyId,
        now: Timestamp,
    ) -> Result<Option<Arc<Key>>, Fault> {
        match self.held_key(place, id).await?.filter(|key| !key.record.state.is_past(now)) {
            Some(key) if key.record.has_expired(now) => Box::pin(self.without_expired(key)).await,
            key => Ok(key),
        }
    }

    /// The key of this id as it is stored, whatever is past its time.
    pub(crate) async fn held_key(&self, place: Place, id: KeyId) -> Result<Option<Arc<Key>>, Fault> {
        self.cache.keys.read(&KeyAddress { place, id }, || self.load_key(place, id)).await
    }

    /// The key that this alias stands for, if there is such an alias.
    pub(crate) async fn alias_target(&self, place: Place, name: AliasName) -> Result<Option<KeyId>, Fault> {
        let address = AliasAddress { place, name: name.clone() };
        let load = || async {
            let alias = keyspace::load_alias(&self.store, &place, &name).await?;
            Ok::<_, Fault>(alias.map(|alias| AliasTarget(alias.record.target)))
        };
        Ok(self.cache.aliases.read(&address, load).await?.map(|AliasTarget(id)| id))
    }

    /// Commits, and forgets what it touched before anybody is told of it; also when it failed, since then what is held
    /// may be older than what is stored.
    pub(crate) async fn commit(&self, changes: Changes) -> Result<(), Fault> {
        let touched = changes.paths();
        let result = changes.commit(&self.store).await;
        self.cache.forget(&touched);
        result
    }

    /// Fresh random bytes for an id: unique, and no secret.
    pub(crate) fn random_bytes<const BYTES: usize>(&self) -> Result<[u8; BYTES], Fault> {
        let mut bytes = [0; BYTES];
        self.random.fill_public(&mut bytes).map_err(Fault::internal)?;
        Ok(bytes)
    }
}
