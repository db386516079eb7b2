//! What AWS calls things: accounts, Regions, key ids and ARNs, each parsed once into a type.

mod account;
mod arn;
mod key_id;
mod region;
mod text;

pub use account::{AccountId, MalformedAccountId};
pub use arn::{ALIAS_NAME_BYTES_MAX, AliasName, Arn, ArnPartition, MalformedAliasName, MalformedArn};
pub use key_id::{KeyId, MalformedKeyId};
pub use region::{COMMERCIAL_REGIONS, MalformedRegion, Region};
