//! Accounts.

use std::fmt;
use std::str::FromStr;

use claviger_names::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::AccessKeyId;

/// Longest name of an account, as AWS Organizations has it.
const NAME_CHARACTERS_MAX: usize = 50;

/// What people call an account: 1 to 50 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountName(Box<str>);

/// The text is no account name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account's name is 1 to {NAME_CHARACTERS_MAX} characters that can be printed")]
pub struct MalformedAccountName;

impl FromStr for AccountName {
    type Err = MalformedAccountName;

    fn from_str(text: &str) -> Result<AccountName, MalformedAccountName> {
        let length = text.chars().count();
        match (1..=NAME_CHARACTERS_MAX).contains(&length) && !text.chars().any(char::is_control) {
            true => Ok(AccountName(text.into())),
            false => Err(MalformedAccountName),
        }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// When it was created.
    pub created: Timestamp,
    /// The access keys of its root user.
    pub root_access_keys: Vec<AccessKeyId>,
}

/// What is stored of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    pub name: AccountName,
    pub created: Timestamp,
    pub root_access_keys: Vec<String>,
}
