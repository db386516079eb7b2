//! What can be ordered, and what is answered.

use claviger_iam::{AccountName, Controls};
use claviger_names::AccountId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// An order to the server.
#[derive(Serialize, Deserialize)]
pub(crate) enum Order {
    /// Create an account; of a random number when none is given.
    CreateAccount { id: Option<AccountId>, name: AccountName },
    /// List all accounts.
    ListAccounts,
    /// Give an account's root user another access key.
    CreateAccessKey { id: AccountId },
    /// Take an access key from an account's root user.
    DeleteAccessKey { id: AccountId, access_key_id: String },
    /// Tell what an account is limited to.
    Limits { id: AccountId },
    /// Limit an account to this, in place of what was.
    Limit { id: AccountId, controls: Controls },
    /// Move the time forward.
    AdvanceClock { seconds: u32 },
}

/// The server's answer.
#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    /// An access key was made; this is the one time that its secret is told.
    AccessKey { account: AccountId, access_key_id: String, secret_access_key: Zeroizing<String> },
    /// All accounts.
    Accounts(Vec<AccountShown>),
    /// What an account is limited to.
    Limits(Controls),
    /// It is done, and there is nothing to tell.
    Done,
    /// The time, after it was moved.
    Time(String),
    /// It was not done, and why.
    Refused(String),
}

/// An account in a list.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccountShown {
    pub id: AccountId,
    pub name: AccountName,
    pub created: String,
    pub root_access_keys: Vec<String>,
}
