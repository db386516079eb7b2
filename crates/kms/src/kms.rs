//! A node's KMS: its parts, and what every operation does with them.

use std::sync::Arc;

use claviger_audit::Trail;
use claviger_clock::{Clock, Timestamp};
use claviger_crypto::Random;
use claviger_iam::Directory;
use claviger_names::{AliasName, KeyId};
use claviger_seal::SealedStore;
use claviger_store::{Notice, Span};

use crate::cache::{AliasAddress, AliasTarget, Cache, KeyAddress};
use crate::fault::Fault;
use crate::keyspace::{self, Changes};
use crate::model::{Key, Place};
use crate::turns::Turns;

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
    /// Most bytes of keys held in memory.
    pub cache_bytes: u64,
}

/// A node's KMS.
pub struct Kms {
    pub(crate) store: Arc<SealedStore>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) trail: Arc<Trail>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) cache: Cache,
    /// Whose turn it is to change how many grants a key has.
    pub(crate) grant_turns: Turns,
}

impl Kms {
    /// A KMS of these parts. [`Kms::follow`] must run beside it.
    pub fn new(parts: Parts) -> Kms {
        let Parts { store, directory, trail, clock, random, cache_bytes } = parts;
        let (cache, grant_turns) = (Cache::new(cache_bytes), Turns::new());
        Kms { store, directory, trail, clock, random, cache, grant_turns }
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
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The key of this id; none when there is none, or no longer.
    pub(crate) async fn key(&self, place: Place, id: KeyId) -> Result<Option<Arc<Key>>, Fault> {
        let load =
            || async { Ok::<_, Fault>(keyspace::load_key(&self.store, place, &id).await?.map(Arc::new)) };
        let key = self.cache.keys.read(&KeyAddress { place, id }, load).await?;
        Ok(key.filter(|key| !key.record.state.is_past(self.clock.now())))
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
