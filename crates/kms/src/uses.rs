//! When keys were last used: noted in memory as requests are answered, and written down now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use claviger_names::KeyId;

use crate::cache::KeyAddress;
use crate::fault::Fault;
use crate::keyspace::{self, Changes, USES_PER_COMMIT_MAX};
use crate::kms::Kms;
use crate::model::{Key, LastUse, LastUseCell, Place};

/// The last uses of the keys that are held, and of those whose last use is not written down yet. Nobody who uses a key
/// comes here: a key brings its cell along.
#[derive(Default)]
pub(crate) struct Uses {
    cells: Mutex<HashMap<KeyAddress, Arc<LastUseCell>>>,
}

/// The keys that a request used.
#[derive(Clone, Default)]
pub(crate) struct UsedKeys([Option<Arc<Key>>; 2]);

impl UsedKeys {
    /// The first two of these keys, each once; no request uses more.
    pub(crate) fn of<'k>(keys: impl Iterator<Item = &'k Arc<Key>>) -> UsedKeys {
        let mut keys = keys.cloned();
        let first = keys.next();
        let second = keys.next().filter(|second| first.as_ref().is_none_or(|first| first.arn != second.arn));
        UsedKeys([first, second])
    }

    /// Notes that they were used.
    pub(crate) fn note(&self, used: &LastUse) {
        self.0.iter().flatten().for_each(|key| key.last_use.note(used));
    }
}

impl Uses {
    fn lock(&self) -> MutexGuard<'_, HashMap<KeyAddress, Arc<LastUseCell>>> {
        // A map that somebody panicked over is still a map.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one cell of this key.
    pub(crate) fn cell(&self, address: KeyAddress) -> Arc<LastUseCell> {
        Arc::clone(self.lock().entry(address).or_default())
    }

    /// What is not written down yet.
    fn news(&self) -> Vec<(KeyAddress, Arc<LastUseCell>)> {
        let mut cells = self.lock();
        // A cell that nobody holds, and that is written down, is read again with its key.
        cells.retain(|_, cell| Arc::strong_count(cell) > 1 || cell.news().is_some());
        let news = cells.iter().filter(|(_, cell)| cell.news().is_some());
        news.map(|(address, cell)| (*address, Arc::clone(cell))).collect()
    }

    /// Forgets a key that is gone: whoever is made under its id later was not used yet.
    pub(crate) fn forget(&self, place: Place, id: KeyId) {
        self.lock().remove(&KeyAddress { place, id });
    }
}

impl Kms {
    /// Writes down when keys were last used. What was used since the last time is lost when the process is killed.
    pub async fn write_key_uses(&self) -> Result<(), Fault> {
        let news = self.uses.news();
        for batch in news.chunks(USES_PER_COMMIT_MAX) {
            let mut changes = Changes::new();
            let mut written = Vec::with_capacity(batch.len());
            for (KeyAddress { place, id }, cell) in batch {
                match (self.held_key(*place, *id).await?, cell.news()) {
                    (Some(key), Some((used, version))) => {
                        changes = changes.put_last_use(&key, &used.record());
                        written.push((cell, version));
                    }
                    (None, _) => self.uses.forget(*place, *id),
                    (Some(_), None) => {}
                }
            }
            match changes.commit(&self.store).await {
                Ok(()) => written.iter().for_each(|(cell, version)| cell.mark_stored(*version)),
                // A key changed meanwhile; the next round writes them.
                Err(Fault::Overtaken) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// A key as it is stored, with its last use.
    pub(crate) async fn load_key(&self, place: Place, id: KeyId) -> Result<Option<Arc<Key>>, Fault> {
        let Some(mut key) = keyspace::load_key(&self.store, place, &id).await? else { return Ok(None) };
        key.last_use = self.uses.cell(KeyAddress { place, id });
        if key.last_use.read().is_none()
            && let Some(record) = keyspace::load_last_use(&self.store, &place, &id).await?
        {
            key.last_use.remember(&LastUse::of_record(&record)?);
        }
        Ok(Some(Arc::new(key)))
    }
}
