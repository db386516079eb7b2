//! Fail-stop: after a failed flush nobody knows what is on the disk, so nothing is acknowledged any more.

use crate::error::{Meaning, meaning};
use claviger_store::StoreError;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is called, once, when the store must not go on; a server logs the error and aborts.
pub type OnFailure = Box<dyn Fn(&StoreError) + Send + Sync>;

/// Whether the store has stopped, shared by the threads of one store.
pub(crate) struct Failure {
    stopped: AtomicBool,
    on_failure: OnFailure,
}

impl Failure {
    pub(crate) fn new(on_failure: OnFailure) -> Failure {
        Failure { stopped: AtomicBool::new(false), on_failure }
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Stops the store, unless SQLite merely refused: then gives the refusal.
    pub(crate) fn judge(&self, error: &rusqlite::Error) -> StoreError {
        match meaning(error) {
            Meaning::Refused(refusal) => return refusal,
            Meaning::Damage(finding) => self.stop(&StoreError::Damaged { finding }),
            Meaning::Fault(cause) => self.stop(&StoreError::Unavailable { cause }),
        }
        StoreError::Stopped
    }

    pub(crate) fn stop(&self, error: &StoreError) {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            (self.on_failure)(error);
        }
    }
}

/// Stops the store when the thread that holds it panics.
pub(crate) struct StopOnPanic<'a>(pub(crate) &'a Failure);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(&StoreError::Unavailable { cause: "a thread of the store panicked".to_owned() });
        }
    }
}
