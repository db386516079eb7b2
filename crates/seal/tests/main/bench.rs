//! A sealed store over the model, with a hand on what lies beneath, and a clock that a test moves.

use claviger_clock::{Clock, Timestamp};
use claviger_crypto::{Secret, SystemRandom};
use claviger_seal::{OpenError, RootKey, SealError, SealedStore, Write};
use claviger_store::{Entry, MemoryStore, Outcome, Path, Span, Store, Transaction};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub(crate) struct SetClock(pub(crate) AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// A store, the root key it is sealed under, and the time.
pub(crate) struct Bench {
    pub(crate) below: Arc<dyn Store>,
    pub(crate) root: Arc<dyn RootKey>,
    pub(crate) clock: Arc<SetClock>,
}

pub(crate) fn root_key() -> Arc<dyn RootKey> {
    Arc::new(claviger_seal::EphemeralRootKey::generate(&SystemRandom).unwrap())
}

pub(crate) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::over(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn over(below: Arc<dyn Store>) -> Bench {
        Bench { below, root: root_key(), clock: Arc::new(SetClock(AtomicI64::new(1_800_000_000))) }
    }

    pub(crate) async fn open(&self) -> SealedStore {
        self.open_under(self.root.clone()).await.unwrap()
    }

    pub(crate) async fn open_under(&self, root: Arc<dyn RootKey>) -> Result<SealedStore, OpenError> {
        SealedStore::open(self.below.clone(), root, Arc::new(SystemRandom), self.clock.clone()).await
    }

    /// Everything that lies in the store, sealed.
    pub(crate) async fn rows(&self) -> Vec<Entry> {
        self.below.scan(Span::prefix(""), 4096).await.unwrap()
    }

    pub(crate) async fn row(&self, at: &str) -> Vec<u8> {
        self.below.read(&path(at)).await.unwrap().unwrap().value
    }

    /// Changes what lies in the store, past the seal.
    pub(crate) async fn overwrite(&self, at: &str, value: Vec<u8>) {
        let outcome = self.below.commit(Transaction::new().put(path(at), value)).await.unwrap();
        assert!(matches!(outcome, Outcome::Committed(_)));
    }

    pub(crate) async fn remove(&self, at: &str) {
        let outcome = self.below.commit(Transaction::new().delete(path(at))).await.unwrap();
        assert!(matches!(outcome, Outcome::Committed(_)));
    }
}

pub(crate) async fn put(store: &SealedStore, at: &str, value: &[u8]) {
    let write = Write::Put(path(at), Secret::new(value.to_vec()));
    assert!(matches!(store.commit(vec![], vec![write]).await.unwrap(), Outcome::Committed(_)));
}

pub(crate) async fn read(store: &SealedStore, at: &str) -> Result<Option<Vec<u8>>, SealError> {
    Ok(store.read(&path(at)).await?.map(|entry| entry.value.expose().to_vec()))
}

pub(crate) fn unsealable<T>(at: &str) -> Result<T, SealError> {
    Err(SealError::Unsealable { path: path(at) })
}
