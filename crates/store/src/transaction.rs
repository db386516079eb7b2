//! A transaction: guards that must hold and changes that then happen, all or none.

use crate::{Bound, Path, Revision, StoreError};
use std::collections::HashSet;
use std::fmt;

/// The most guards and changes of one transaction, together (etcd takes 128 operations).
pub const TRANSACTION_LIMIT_STEPS: usize = 128;

/// The longest value (etcd takes requests of 1.5 MiB).
pub const VALUE_LIMIT_BYTES: usize = 1 << 20;

/// What must be so at the moment of the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing is stored there.
    Absent(Path),
    /// The entry there is still the one of exactly that revision.
    Unchanged(Path, Revision),
}

/// One change of one path.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Stores the value there, in place of what was.
    Put(Path, Vec<u8>),
    /// Leaves nothing there; allowed where nothing was.
    Delete(Path),
}

/// Guards and changes that are committed together; a path is changed at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// All must hold, as of before the changes.
    pub guards: Vec<Guard>,
    /// All happen, or none.
    pub changes: Vec<Change>,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// All changes are durable, at this revision.
    Committed(Revision),
    /// A guard did not hold; nothing changed.
    Conflict,
}

impl Guard {
    /// The path that the guard looks at.
    pub fn path(&self) -> &Path {
        match self {
            Guard::Absent(path) | Guard::Unchanged(path, _) => path,
        }
    }

    /// Whether the guard holds when the entry at its path has this revision (`None`: there is no entry).
    pub fn holds(&self, found: Option<Revision>) -> bool {
        match self {
            Guard::Absent(_) => found.is_none(),
            Guard::Unchanged(_, expected) => found == Some(*expected),
        }
    }
}

impl Change {
    /// The path that is changed.
    pub fn path(&self) -> &Path {
        match self {
            Change::Put(path, _) | Change::Delete(path) => path,
        }
    }
}

// Values may be confidential: a log shows how long they are, never what they are.
impl fmt::Debug for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Put(path, value) => write!(out, "Put({path}, {} bytes)", value.len()),
            Change::Delete(path) => write!(out, "Delete({path})"),
        }
    }
}

impl Transaction {
    /// A transaction without guards and changes, to add to.
    pub fn new() -> Transaction {
        Transaction::default()
    }

    /// Adds [`Guard::Absent`].
    #[must_use]
    pub fn absent(mut self, path: Path) -> Transaction {
        self.guards.push(Guard::Absent(path));
        self
    }

    /// Adds [`Guard::Unchanged`].
    #[must_use]
    pub fn unchanged(mut self, path: Path, revision: Revision) -> Transaction {
        self.guards.push(Guard::Unchanged(path, revision));
        self
    }

    /// Adds [`Change::Put`].
    #[must_use]
    pub fn put(mut self, path: Path, value: Vec<u8>) -> Transaction {
        self.changes.push(Change::Put(path, value));
        self
    }

    /// Adds [`Change::Delete`].
    #[must_use]
    pub fn delete(mut self, path: Path) -> Transaction {
        self.changes.push(Change::Delete(path));
        self
    }

    /// Refuses what is beyond the limits; every engine calls it before anything else.
    pub fn check(&self) -> Result<(), StoreError> {
        let asked = self.guards.len() + self.changes.len();
        if asked > TRANSACTION_LIMIT_STEPS {
            return Err(StoreError::OutOfBounds(Bound::TransactionSteps { asked }));
        }
        let mut seen = HashSet::new();
        self.changes.iter().try_for_each(|change| check_change(change, &mut seen))
    }
}

fn check_change<'a>(change: &'a Change, seen: &mut HashSet<&'a Path>) -> Result<(), StoreError> {
    if !seen.insert(change.path()) {
        return Err(StoreError::OutOfBounds(Bound::ChangedTwice { path: change.path().clone() }));
    }
    match change {
        Change::Put(path, value) if value.len() > VALUE_LIMIT_BYTES => {
            Err(StoreError::OutOfBounds(Bound::ValueBytes { path: path.clone(), asked_bytes: value.len() }))
        }
        Change::Put(..) | Change::Delete(_) => Ok(()),
    }
}
