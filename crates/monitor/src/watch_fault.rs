//! Why something of metrics, alarms or filters could not be read or written.

use claviger_crypto::RandomnessFailed;
use claviger_seal::SealError;
use claviger_store::{Path, PathError};

/// What went wrong in here.
#[derive(Debug, thiserror::Error)]
pub enum WatchFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] SealError),
    /// A name does not make a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A stored value is not what it should be.
    #[error("{0} does not hold what it should")]
    Unreadable(Path),
    /// A name takes more room than a path has.
    #[error("a name is too long to be stored")]
    LongName,
    /// Another commit came first.
    #[error("overtaken by another commit")]
    Overtaken,
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomnessFailed),
    /// Which key material expires is not known.
    #[error("what expires is not known: {0}")]
    Expiries(String),
}
