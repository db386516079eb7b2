//! Why an explanation or analysis cannot be given.

use crate::fault::Fault;

/// Why there is nothing to tell. Displays as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Unexplained {
    /// The text names no key, or one without saying whose and where.
    #[error("{0} names no key: give a key ARN or alias ARN, or an account and a Region beside it")]
    NotAKey(String),
    /// There is no such key.
    #[error("there is no key {0}")]
    NoKey(String),
    /// There is no such principal, or no longer.
    #[error("there is no principal {0}")]
    NoPrincipal(String),
    /// No operation has this action on a key.
    #[error("{0} is no action on a key")]
    NoAction(String),
    /// A record that tells of no request to KMS whose caller was known.
    #[error("{0}")]
    NotDecided(&'static str),
    /// A record that is not one of ours.
    #[error("the record cannot be read: {0}")]
    Unreadable(String),
    /// The store or the directory did not answer.
    #[error("it cannot be told now: {0:?}")]
    Internal(Fault),
}

impl From<Fault> for Unexplained {
    fn from(fault: Fault) -> Unexplained {
        Unexplained::Internal(fault)
    }
}
