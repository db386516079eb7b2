//! Keys and aliases: what is stored of them, their states and their legal transitions.

mod alias;
mod enumeration;
mod grant;
mod grant_id;
mod key;
mod material;
mod metadata;
mod tag;

pub(crate) use alias::AliasRecord;
pub(crate) use enumeration::{
    CustomerMasterKeySpec, DataKeySpec, DryRunModifier, EncryptionAlgorithm, IncludeKeyMaterial,
    KeyEncryptionMechanism, KeyManager, KeySpec, KeyUsage, Origin, ResourceOwner, RotationType,
};
pub use grant::GrantOperation;
pub(crate) use grant::{
    Constraints, ContextConstraint, GrantAsk, GrantRecord, GrantTerms, Party, PartyName, digest_of,
};
pub(crate) use grant_id::GrantId;
pub(crate) use key::{Key, KeyArn, KeyRecord, KeyState, KeyTraits, POLICY_NAME, Place, compiled};
pub(crate) use material::{MaterialRecord, Rotated, Rotation};
pub(crate) use metadata::KeyMetadata;
pub(crate) use tag::{TAG_KEY, TAG_VALUE, Tags, check_tag_key};
