//! What can go wrong with accounts and access keys.

use claviger_crypto::RandomnessFailed;
use claviger_names::AccountId;
use claviger_seal::SealError;
use claviger_store::{Path, PathError};

use crate::directory::ACCESS_KEYS_PER_ROOT_MAX;
use crate::{ACCESS_KEYS_PER_SERVICE_MAX, AccessKeyId, SERVICES_MAX, ServicePrincipal};

/// Why the directory did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum IamError {
    /// There is an account of this number.
    #[error("the account {0} exists already")]
    AccountExists(AccountId),
    /// There is no account of this number.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// There is no such access key in the account.
    #[error("the account {0} has no access key {1}")]
    NoAccessKey(AccountId, AccessKeyId),
    /// There is an access key of this id.
    #[error("the access key {0} exists already")]
    AccessKeyExists(AccessKeyId),
    /// The root user has as many access keys as it may.
    #[error("the root user of {0} has {ACCESS_KEYS_PER_ROOT_MAX} access keys already; delete one first")]
    TooManyAccessKeys(AccountId),
    /// There is a service of this name.
    #[error("the service {0} is registered already")]
    ServiceExists(ServicePrincipal),
    /// There is no service of this name.
    #[error("there is no service {0}")]
    NoService(ServicePrincipal),
    /// Another service has its keys under this alias.
    #[error("{0} has that alias for its keys already")]
    AliasTaken(ServicePrincipal),
    /// There are as many services as there may be.
    #[error("there are {SERVICES_MAX} services already; delete one first")]
    TooManyServices,
    /// The service has as many access keys as it may.
    #[error("{0} has {ACCESS_KEYS_PER_SERVICE_MAX} access keys already; delete one first")]
    TooManyServiceKeys(ServicePrincipal),
    /// The service has no such access key.
    #[error("{0} has no access key {1}")]
    NoServiceKey(ServicePrincipal, AccessKeyId),
    /// Somebody else changed it at the same moment.
    #[error("somebody else changed the same at the same moment; try again")]
    Overtaken,
    /// The store did not serve.
    #[error(transparent)]
    Store(#[from] SealError),
    /// There was no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
    /// A name that no path can hold.
    #[error("a name cannot be stored: {0}")]
    Unnameable(PathError),
    /// A stored record cannot be read.
    #[error("the record at {0} cannot be read: {1}")]
    Unreadable(Path, String),
    /// The state of a session cannot be written.
    #[error("the state of a session cannot be written: {0}")]
    Unsealable(String),
}
