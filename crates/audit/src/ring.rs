//! The trail of tests and of a server without a directory: the newest records, in memory.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Record;

/// The newest records, oldest first, at most as many as its capacity.
#[derive(Debug)]
pub(crate) struct Ring {
    records: Mutex<Records>,
    capacity: NonZeroUsize,
}

#[derive(Debug, Default)]
struct Records {
    kept: VecDeque<String>,
    /// How many came before the oldest that is kept.
    dropped: u64,
}

impl Ring {
    pub(crate) fn new(capacity: NonZeroUsize) -> Ring {
        Ring { records: Mutex::default(), capacity }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, record: &Record<'_>) {
        let mut json = Vec::new();
        record.write(&mut json);
        let json = String::from_utf8_lossy(&json).into_owned();
        let mut records = self.lock();
        while records.kept.len() >= self.capacity.get() {
            records.kept.pop_front();
            records.dropped += 1;
        }
        records.kept.push_back(json);
    }

    pub(crate) fn records(&self) -> Vec<String> {
        self.lock().kept.iter().cloned().collect()
    }

    /// How many there have been.
    pub(crate) fn count(&self) -> u64 {
        let records = self.lock();
        records.dropped + records.kept.len() as u64
    }

    /// At most `limit` records behind the first `from`, and how many came before the first of them.
    pub(crate) fn since(&self, from: u64, limit: usize) -> (u64, Vec<String>) {
        let records = self.lock();
        let first = from.max(records.dropped);
        let skipped = usize::try_from(first - records.dropped).unwrap_or(usize::MAX);
        (first, records.kept.iter().skip(skipped).take(limit).cloned().collect())
    }
}
