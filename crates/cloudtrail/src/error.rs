//! What can go wrong here that no user is at fault for.

use std::io;

use claviger_crypto::RandomnessFailed;
use claviger_names::Region;
use claviger_seal::SealError;
use claviger_store::PathError;

use crate::signing_key::Unusable;

/// Why trails could not be read, changed or delivered.
#[derive(Debug, thiserror::Error)]
pub enum CloudTrailError {
    /// The store.
    #[error(transparent)]
    Store(#[from] SealError),
    /// A path that the store does not take.
    #[error(transparent)]
    Path(#[from] PathError),
    /// What is stored is not what this program stores.
    #[error("what is stored of trails cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A key of digests.
    #[error("a key of digests is not what it was, or could not be made")]
    SigningKey,
    /// The spool.
    #[error("the spool: {0}")]
    Spool(#[from] io::Error),
    /// There was no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
    /// Log files that no digest tells of yet are too many for one.
    #[error("the digests of {region} are behind by more log files than one holds")]
    ChainFull {
        /// Of which Region.
        region: Region,
    },
    /// A thread ended without its result.
    #[error("the work on a thread was cut off")]
    Interrupted,
}

impl From<Unusable> for CloudTrailError {
    fn from(_: Unusable) -> CloudTrailError {
        CloudTrailError::SigningKey
    }
}
