//! Keys and aliases: what is stored of them, their states and their legal transitions.

mod alias;
mod enumeration;
mod key;
mod metadata;
mod tag;

pub(crate) use alias::AliasRecord;
pub(crate) use enumeration::{
    CustomerMasterKeySpec, DataKeySpec, DryRunModifier, EncryptionAlgorithm, KeyEncryptionMechanism,
    KeyManager, KeySpec, KeyUsage, Origin, ResourceOwner,
};
pub(crate) use key::{Key, KeyArn, KeyRecord, KeyState, Place};
pub(crate) use metadata::KeyMetadata;
pub(crate) use tag::{TAG_KEY, TAG_VALUE, Tags, check_tag_key};
