//! Encrypts every stored value, bound to its path, under keys that a root key wraps: the store need not be trusted.
//!
//! `docs/store-sealing.md` specifies what is written.

mod domain_key;
mod error;
mod keyring;
mod place;
mod root_key;
mod root_key_file;
mod sealed_store;
mod sentinel;
mod value;

pub use error::{OpenError, SealError};
pub use root_key::{EphemeralRootKey, RootKey, RootKeyAnswer, RootKeyError, RootKeyId};
pub use root_key_file::{FileRootKey, ROOT_KEY_FILE_PREFIX, RootKeyFileError};
pub use sealed_store::{SealedEntry, SealedStore, Write};
pub use sentinel::SEALING_VERSION;
pub use value::VALUE_BYTES_MAX;
