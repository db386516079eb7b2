//! The closed sets of the API model that this service reads or writes.

use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};

/// Where a key's material comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
#[allow(clippy::upper_case_acronyms, reason = "the API's own spelling")]
pub(crate) enum Origin {
    #[default]
    AWS_KMS,
    EXTERNAL,
    AWS_CLOUDHSM,
    EXTERNAL_KEY_STORE,
}

impl Origin {
    /// The origin's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(Origin::NAMES, self)
    }
}

impl Enumerated for Origin {
    const NAMES: &'static [(&'static str, Origin)] = &[
        ("AWS_KMS", Origin::AWS_KMS),
        ("EXTERNAL", Origin::EXTERNAL),
        ("AWS_CLOUDHSM", Origin::AWS_CLOUDHSM),
        ("EXTERNAL_KEY_STORE", Origin::EXTERNAL_KEY_STORE),
    ];
}

/// What brings a rotation about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RotationType {
    Automatic,
    OnDemand,
}

impl RotationType {
    /// The type's name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RotationType::Automatic => "AUTOMATIC",
            RotationType::OnDemand => "ON_DEMAND",
        }
    }
}

/// Which materials ListKeyRotations tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IncludeKeyMaterial {
    #[default]
    RotationsOnly,
    AllKeyMaterial,
}

impl IncludeKeyMaterial {
    /// The choice's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(IncludeKeyMaterial::NAMES, self)
    }
}

impl Enumerated for IncludeKeyMaterial {
    const NAMES: &'static [(&'static str, IncludeKeyMaterial)] = &[
        ("ALL_KEY_MATERIAL", IncludeKeyMaterial::AllKeyMaterial),
        ("ROTATIONS_ONLY", IncludeKeyMaterial::RotationsOnly),
    ];
}

/// Who manages a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum KeyManager {
    Aws,
    Customer,
}

impl KeyManager {
    /// The manager's name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            KeyManager::Aws => "AWS",
            KeyManager::Customer => "CUSTOMER",
        }
    }
}

/// The size of a data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
pub(crate) enum DataKeySpec {
    AES_128,
    AES_256,
}

impl DataKeySpec {
    /// The spec's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(DataKeySpec::NAMES, self)
    }

    /// Bytes of such a key.
    pub(crate) fn bytes(self) -> usize {
        match self {
            DataKeySpec::AES_128 => 16,
            DataKeySpec::AES_256 => 32,
        }
    }
}

impl Enumerated for DataKeySpec {
    const NAMES: &'static [(&'static str, DataKeySpec)] =
        &[("AES_256", DataKeySpec::AES_256), ("AES_128", DataKeySpec::AES_128)];
}

/// What a dry run leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRunModifier {
    IgnoreCiphertext,
}

impl Enumerated for DryRunModifier {
    const NAMES: &'static [(&'static str, DryRunModifier)] =
        &[("IGNORE_CIPHERTEXT", DryRunModifier::IgnoreCiphertext)];
}

/// How an answer is encrypted for an attested recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyEncryptionMechanism {
    RsaesOaepSha256,
}

impl Enumerated for KeyEncryptionMechanism {
    const NAMES: &'static [(&'static str, KeyEncryptionMechanism)] =
        &[("RSAES_OAEP_SHA_256", KeyEncryptionMechanism::RsaesOaepSha256)];
}

/// Whose keys are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourceOwner {
    OwnAccount,
    OthersThroughRam,
}

impl ResourceOwner {
    /// The owner's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(ResourceOwner::NAMES, self)
    }
}

impl Enumerated for ResourceOwner {
    const NAMES: &'static [(&'static str, ResourceOwner)] =
        &[("SELF", ResourceOwner::OwnAccount), ("OTHER_ACCOUNTS_VIA_RAM", ResourceOwner::OthersThroughRam)];
}

/// The name of a member of a closed set.
pub(super) fn name_of<E: Copy + PartialEq>(names: &'static [(&'static str, E)], value: E) -> &'static str {
    names.iter().find(|(_, other)| *other == value).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_origin_has_a_name_that_serde_writes_alike() {
        for (name, origin) in Origin::NAMES {
            assert_eq!(serde_json::to_value(origin).unwrap(), *name);
        }
    }
}
