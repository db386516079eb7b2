//! The model: an ordered map under a lock, durable for as long as the process lives.

use crate::watch::{Herald, Watch};
use crate::{
    Answer, Change, Entry, Outcome, Path, Revision, Span, Store, StoreError, Transaction, check_scan_limit,
};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A store in memory: the reference for every engine, and what tests and a server without a directory run on.
#[derive(Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
    herald: Herald,
}

#[derive(Default)]
struct Contents {
    entries: BTreeMap<Path, (Revision, Vec<u8>)>,
    last: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    // A transaction is checked before it changes anything, so a panic leaves no half of one behind.
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, transaction: Transaction) -> Result<Outcome, StoreError> {
        transaction.check()?;
        let mut contents = self.contents();
        if !contents.allows(&transaction) {
            return Ok(Outcome::Conflict);
        }
        contents.last += 1;
        let revision = Revision(contents.last);
        let changed: Vec<Path> =
            transaction.changes.into_iter().filter_map(|change| contents.apply(change, revision)).collect();
        // Under the lock, so that watchers see the order of the commits.
        self.herald.announce(revision, &changed);
        Ok(Outcome::Committed(revision))
    }
}

impl Contents {
    fn allows(&self, transaction: &Transaction) -> bool {
        let found = |path| self.entries.get(path).map(|(revision, _)| *revision);
        transaction.guards.iter().all(|guard| guard.holds(found(guard.path())))
    }

    /// The path, if something changed there.
    fn apply(&mut self, change: Change, revision: Revision) -> Option<Path> {
        match change {
            Change::Put(path, value) => {
                self.entries.insert(path.clone(), (revision, value));
                Some(path)
            }
            Change::Delete(path) => self.entries.remove(&path).map(|_| path),
        }
    }

    fn scan(&self, span: &Span, limit: usize) -> Vec<Entry> {
        self.entries
            .range::<str, _>((Included(span.from()), Excluded(span.until())))
            .take(limit)
            .map(|(path, (revision, value))| entry(path, *revision, value))
            .collect()
    }
}

fn entry(path: &Path, revision: Revision, value: &[u8]) -> Entry {
    Entry { path: path.clone(), value: value.to_vec(), revision }
}

impl Store for MemoryStore {
    fn read<'a>(&'a self, path: &'a Path) -> Answer<'a, Option<Entry>> {
        let found =
            || self.contents().entries.get(path).map(|(revision, value)| entry(path, *revision, value));
        async move { Ok(found()) }.boxed()
    }

    fn scan(&self, span: Span, limit: usize) -> Answer<'_, Vec<Entry>> {
        async move {
            check_scan_limit(limit)?;
            Ok(self.contents().scan(&span, limit))
        }
        .boxed()
    }

    fn commit(&self, transaction: Transaction) -> Answer<'_, Outcome> {
        async move { self.commit_now(transaction) }.boxed()
    }

    fn watch(&self, span: Span) -> Watch {
        self.herald.watch(span)
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.herald.close();
    }
}
