//! Keys and aliases: what is stored of them, their states and their legal transitions.

mod algorithm;
mod alias;
mod enumeration;
mod grant;
mod grant_id;
mod import_names;
mod imported;
mod key;
mod key_spec;
mod key_store;
mod last_use;
mod material;
mod metadata;
mod multi_region;
mod reach;
mod tag;

pub(crate) use algorithm::{
    Algorithms, EncapsulationAlgorithm, EncryptionAlgorithm, KeyAgreementAlgorithm, KeyPairSpec,
    MacAlgorithm, MessageType, SigningAlgorithm,
};
pub(crate) use alias::AliasRecord;
pub(crate) use enumeration::{
    DataKeySpec, DryRunModifier, IncludeKeyMaterial, KeyEncryptionMechanism, KeyManager, Origin,
    ResourceOwner, RotationType,
};
pub use grant::GrantOperation;
pub(crate) use grant::{
    Constraints, ContextConstraint, GrantAsk, GrantRecord, GrantTerms, Party, PartyName, digest_of,
};
pub(crate) use grant_id::GrantId;
pub(crate) use import_names::{ExpirationModel, ImportType, WrappingAlgorithmName, WrappingKeySpecName};
pub(crate) use imported::{Import, Imported, NotTaken, Presence};
pub(crate) use key::{Key, KeyArn, KeyRecord, KeyState, KeyTraits, POLICY_NAME, Place, compiled};
pub use key_spec::KeyUsage;
pub(crate) use key_spec::{CustomerMasterKeySpec, KeyKind, KeySpec};
pub(crate) use key_store::{CustomKeyStoreType, XksProxyConnectivity};
pub(crate) use last_use::{LastUse, LastUseCell, LastUseRecord, TrackedOperation};
pub(crate) use material::{MaterialRecord, Rotated, Rotation};
pub(crate) use metadata::KeyMetadata;
pub(crate) use multi_region::{MultiRegionKeyType, REGIONS_PER_KEY_MAX, RegionSet};
pub(crate) use reach::Regional;
pub(crate) use tag::{TAG_KEY, TAG_VALUE, Tags, check_tag_key};
