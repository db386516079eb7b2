//! What can go wrong between a value and its sealed form.

use crate::{RootKeyError, RootKeyId, SEALING_VERSION};
use claviger_crypto::{CipherFailed, EncryptError, RandomnessFailed};
use claviger_store::{Path, StoreError};

/// Why a sealed value was not read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored there was not sealed for this path, or is damaged, or its domain key is not stored.
    #[error(
        "{path} does not open: it or its domain key was changed, moved or lost; restore it from a backup"
    )]
    Unsealable {
        /// Where it is stored.
        path: Path,
    },
    /// A path that names no account and Region.
    #[error("{path} does not begin with an account and a Region")]
    NoDomain {
        /// The path.
        path: Path,
    },
    /// A path that holds what the sealing itself keeps.
    #[error("{path} belongs to the sealing of the store")]
    Reserved {
        /// The path.
        path: Path,
    },
    /// The root key could not be used.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// Nothing was encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

impl From<RandomnessFailed> for SealError {
    fn from(failed: RandomnessFailed) -> SealError {
        SealError::Encrypt(failed.into())
    }
}

impl From<CipherFailed> for SealError {
    fn from(failed: CipherFailed) -> SealError {
        SealError::Encrypt(failed.into())
    }
}

/// Why a store is not served; nothing was written to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The store could not be read, or its first row not written.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store is sealed under another root key.
    #[error("the store is sealed under root key {expected}, and the root key given is {given}")]
    WrongRootKey {
        /// The root key that the store was sealed under.
        expected: RootKeyId,
        /// The root key that was given.
        given: RootKeyId,
    },
    /// The store was sealed in a way that this version does not know.
    #[error("the store is sealed in format {found}; this version knows format {SEALING_VERSION} alone")]
    UnknownSealing {
        /// The format of the store.
        found: u8,
    },
    /// The store holds something, and nothing says under which root key.
    #[error("the store is not empty and was never sealed, or the row that says so is lost")]
    NeverSealed,
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> OpenError {
        OpenError::Seal(SealError::Store(error))
    }
}
