//! Accounts and who acts in them. So far: accounts, their root users and those users' access keys.

mod access_key;
mod account;
mod caller;
mod directory;
mod error;

pub use access_key::{AccessKeyId, Credential, KeyStatus, MalformedAccessKeyId, NewAccessKey};
pub use account::{Account, AccountName, MalformedAccountName};
pub use caller::{Caller, Principal};
pub use directory::{ACCESS_KEYS_PER_ROOT_MAX, Directory};
pub use error::IamError;
