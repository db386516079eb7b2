//! The trail of tests and of a server without a directory: the newest records, in memory.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Record;

/// The newest records, oldest first, at most as many as its capacity.
#[derive(Debug)]
pub(crate) struct Ring {
    records: Mutex<VecDeque<String>>,
    capacity: NonZeroUsize,
}

impl Ring {
    pub(crate) fn new(capacity: NonZeroUsize) -> Ring {
        Ring { records: Mutex::default(), capacity }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, record: &Record<'_>) {
        let mut json = Vec::new();
        record.write(&mut json);
        let json = String::from_utf8_lossy(&json).into_owned();
        let mut records = self.lock();
        while records.len() >= self.capacity.get() {
            records.pop_front();
        }
        records.push_back(json);
    }

    pub(crate) fn records(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }
}
