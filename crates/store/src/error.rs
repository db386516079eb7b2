//! What can go wrong in a store, told so that an operator knows what to do.

use crate::{Path, SCAN_LIMIT_ENTRIES, TRANSACTION_LIMIT_STEPS, VALUE_LIMIT_BYTES};

/// Why a store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing was written; reads go on, and writes will too when there is space.
    #[error(
        "the store has no space left: this write was refused; free disk space, nothing need be restarted"
    )]
    Full,
    /// The engine could not be asked at this moment; asking again may help.
    #[error("the store cannot be reached: {cause}")]
    Unavailable {
        /// What the engine reported.
        cause: String,
    },
    /// What is stored is not what was written.
    #[error("the store is damaged: {finding}; restore it from a backup")]
    Damaged {
        /// What was found, and where.
        finding: String,
    },
    /// The store no longer serves, by choice or after a failed flush; what was in flight may or may not be stored.
    #[error("the store has stopped")]
    Stopped,
    /// The request is larger than a store takes, or contradicts itself.
    #[error("the store refused the request: {0}")]
    OutOfBounds(Bound),
}

/// The limit that a request went beyond.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bound {
    /// More guards and changes than one transaction takes.
    #[error("{asked} guards and changes in one transaction, {TRANSACTION_LIMIT_STEPS} are allowed")]
    TransactionSteps {
        /// Guards and changes together.
        asked: usize,
    },
    /// A value longer than is stored.
    #[error("a value of {asked_bytes} bytes for {path}, {VALUE_LIMIT_BYTES} are allowed")]
    ValueBytes {
        /// Where it was to be put.
        path: Path,
        /// Its length.
        asked_bytes: usize,
    },
    /// Two changes of one path in one transaction.
    #[error("{path} is changed twice in one transaction")]
    ChangedTwice {
        /// The path.
        path: Path,
    },
    /// A scan for more entries than one answer holds.
    #[error("a scan for {asked} entries, {SCAN_LIMIT_ENTRIES} are allowed")]
    ScanEntries {
        /// The limit that was asked for.
        asked: usize,
    },
}
