//! An ordered key-value space with compare-and-set transactions, ranges and watch: the contract of every storage engine.

mod error;
mod memory;
mod path;
mod span;
mod transaction;
mod watch;

pub use error::{Bound, StoreError};
pub use memory::MemoryStore;
pub use path::{PATH_LIMIT_BYTES, Path, PathError};
pub use span::Span;
pub use transaction::{Change, Guard, Outcome, TRANSACTION_LIMIT_STEPS, Transaction, VALUE_LIMIT_BYTES};
pub use watch::{Herald, Notice, WATCH_BACKLOG_PATHS, Watch};

use std::fmt;

/// The most entries that one scan gives; a caller that wants more goes on with [`Span::after`].
pub const SCAN_LIMIT_ENTRIES: usize = 4_096;

/// What every operation of a store gives: a boxed future, so that a store can be a trait object.
pub type Answer<'a, T> = futures_util::future::BoxFuture<'a, Result<T, StoreError>>;

/// The number of a commit: grows with every commit of a store and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// One stored value under its path, with the revision of the last commit that put it there.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is stored.
    pub path: Path,
    /// The bytes as they were put.
    pub value: Vec<u8>,
    /// The commit that put them.
    pub revision: Revision,
}

// Values may be confidential: a log shows how long they are, never what they are.
impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Entry({} @{}, {} bytes)", self.path, self.revision, self.value.len())
    }
}

/// An ordered, durable, transactional key-value space.
pub trait Store: Send + Sync + 'static {
    /// The entry at `path`, as of some moment between the call and the answer.
    fn read<'a>(&'a self, path: &'a Path) -> Answer<'a, Option<Entry>>;

    /// The first `limit` entries of `span`, ascending by path, all as of one moment. More than
    /// [`SCAN_LIMIT_ENTRIES`] is refused rather than silently cut.
    fn scan(&self, span: Span, limit: usize) -> Answer<'_, Vec<Entry>>;

    /// Applies all changes or, when a guard does not hold, none. Answers `Committed` only when the commit is durable.
    fn commit(&self, transaction: Transaction) -> Answer<'_, Outcome>;

    /// Every commit acknowledged after this call that changes a path in `span`, each once and in order.
    fn watch(&self, span: Span) -> Watch;
}

/// Refuses a scan that asks for more than [`SCAN_LIMIT_ENTRIES`]; every engine calls it first.
pub fn check_scan_limit(limit: usize) -> Result<(), StoreError> {
    match limit {
        0..=SCAN_LIMIT_ENTRIES => Ok(()),
        asked => Err(StoreError::OutOfBounds(Bound::ScanEntries { asked })),
    }
}
