//! The closed sets of the API model that this service reads or writes.

use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};

/// Key specs, as the model of November 2026 has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling, kept so that nothing translates it")]
#[allow(clippy::upper_case_acronyms, reason = "the API's own spelling")]
pub(crate) enum KeySpec {
    #[default]
    SYMMETRIC_DEFAULT,
    RSA_2048,
    RSA_3072,
    RSA_4096,
    ECC_NIST_P256,
    ECC_NIST_P384,
    ECC_NIST_P521,
    ECC_SECG_P256K1,
    ECC_NIST_EDWARDS25519,
    HMAC_224,
    HMAC_256,
    HMAC_384,
    HMAC_512,
    SM2,
    ML_DSA_44,
    ML_DSA_65,
    ML_DSA_87,
    ML_KEM_512,
    ML_KEM_768,
    ML_KEM_1024,
}

/// What kind of key a spec makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Symmetric,
    Asymmetric,
    Hmac,
}

impl KeySpec {
    /// The spec's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(KeySpec::NAMES, self)
    }

    /// Symmetric, asymmetric or HMAC.
    pub(crate) fn kind(self) -> KeyKind {
        use KeySpec::*;
        match self {
            SYMMETRIC_DEFAULT => KeyKind::Symmetric,
            HMAC_224 | HMAC_256 | HMAC_384 | HMAC_512 => KeyKind::Hmac,
            RSA_2048
            | RSA_3072
            | RSA_4096
            | ECC_NIST_P256
            | ECC_NIST_P384
            | ECC_NIST_P521
            | ECC_SECG_P256K1
            | ECC_NIST_EDWARDS25519
            | SM2
            | ML_DSA_44
            | ML_DSA_65
            | ML_DSA_87
            | ML_KEM_512
            | ML_KEM_768
            | ML_KEM_1024 => KeyKind::Asymmetric,
        }
    }

    /// Whether a key of this spec may have this usage (developer guide, key spec reference).
    pub(crate) fn serves(self, usage: KeyUsage) -> bool {
        use KeySpec::*;
        match self {
            SYMMETRIC_DEFAULT => usage == KeyUsage::ENCRYPT_DECRYPT,
            RSA_2048 | RSA_3072 | RSA_4096 => {
                matches!(usage, KeyUsage::ENCRYPT_DECRYPT | KeyUsage::SIGN_VERIFY)
            }
            ECC_NIST_P256 | ECC_NIST_P384 | ECC_NIST_P521 => {
                matches!(usage, KeyUsage::SIGN_VERIFY | KeyUsage::KEY_AGREEMENT)
            }
            ECC_SECG_P256K1 | ECC_NIST_EDWARDS25519 | ML_DSA_44 | ML_DSA_65 | ML_DSA_87 => {
                usage == KeyUsage::SIGN_VERIFY
            }
            HMAC_224 | HMAC_256 | HMAC_384 | HMAC_512 => usage == KeyUsage::GENERATE_VERIFY_MAC,
            ML_KEM_512 | ML_KEM_768 | ML_KEM_1024 => usage == KeyUsage::ENCAPSULATE_DECAPSULATE,
            SM2 => {
                matches!(usage, KeyUsage::ENCRYPT_DECRYPT | KeyUsage::SIGN_VERIFY | KeyUsage::KEY_AGREEMENT)
            }
        }
    }
}

impl Enumerated for KeySpec {
    const NAMES: &'static [(&'static str, KeySpec)] = &[
        ("RSA_2048", KeySpec::RSA_2048),
        ("ECC_NIST_P384", KeySpec::ECC_NIST_P384),
        ("ECC_NIST_P256", KeySpec::ECC_NIST_P256),
        ("ECC_NIST_P521", KeySpec::ECC_NIST_P521),
        ("HMAC_384", KeySpec::HMAC_384),
        ("RSA_3072", KeySpec::RSA_3072),
        ("ECC_SECG_P256K1", KeySpec::ECC_SECG_P256K1),
        ("RSA_4096", KeySpec::RSA_4096),
        ("SYMMETRIC_DEFAULT", KeySpec::SYMMETRIC_DEFAULT),
        ("HMAC_256", KeySpec::HMAC_256),
        ("HMAC_224", KeySpec::HMAC_224),
        ("HMAC_512", KeySpec::HMAC_512),
        ("SM2", KeySpec::SM2),
        ("ML_DSA_44", KeySpec::ML_DSA_44),
        ("ML_DSA_65", KeySpec::ML_DSA_65),
        ("ML_DSA_87", KeySpec::ML_DSA_87),
        ("ECC_NIST_EDWARDS25519", KeySpec::ECC_NIST_EDWARDS25519),
        ("ML_KEM_512", KeySpec::ML_KEM_512),
        ("ML_KEM_768", KeySpec::ML_KEM_768),
        ("ML_KEM_1024", KeySpec::ML_KEM_1024),
    ];
}

/// The deprecated member's set: the specs of before Edwards curves and post-quantum keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CustomerMasterKeySpec(pub KeySpec);

impl Enumerated for CustomerMasterKeySpec {
    const NAMES: &'static [(&'static str, CustomerMasterKeySpec)] = &[
        ("RSA_2048", CustomerMasterKeySpec(KeySpec::RSA_2048)),
        ("ECC_NIST_P384", CustomerMasterKeySpec(KeySpec::ECC_NIST_P384)),
        ("ECC_NIST_P256", CustomerMasterKeySpec(KeySpec::ECC_NIST_P256)),
        ("ECC_NIST_P521", CustomerMasterKeySpec(KeySpec::ECC_NIST_P521)),
        ("HMAC_384", CustomerMasterKeySpec(KeySpec::HMAC_384)),
        ("RSA_3072", CustomerMasterKeySpec(KeySpec::RSA_3072)),
        ("ECC_SECG_P256K1", CustomerMasterKeySpec(KeySpec::ECC_SECG_P256K1)),
        ("RSA_4096", CustomerMasterKeySpec(KeySpec::RSA_4096)),
        ("SYMMETRIC_DEFAULT", CustomerMasterKeySpec(KeySpec::SYMMETRIC_DEFAULT)),
        ("HMAC_256", CustomerMasterKeySpec(KeySpec::HMAC_256)),
        ("HMAC_224", CustomerMasterKeySpec(KeySpec::HMAC_224)),
        ("HMAC_512", CustomerMasterKeySpec(KeySpec::HMAC_512)),
        ("SM2", CustomerMasterKeySpec(KeySpec::SM2)),
    ];
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
pub(crate) enum KeyUsage {
    #[default]
    ENCRYPT_DECRYPT,
    SIGN_VERIFY,
    GENERATE_VERIFY_MAC,
    KEY_AGREEMENT,
    ENCAPSULATE_DECAPSULATE,
}

impl KeyUsage {
    /// The usage's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(KeyUsage::NAMES, self)
    }
}

impl Enumerated for KeyUsage {
    const NAMES: &'static [(&'static str, KeyUsage)] = &[
        ("ENCRYPT_DECRYPT", KeyUsage::ENCRYPT_DECRYPT),
        ("SIGN_VERIFY", KeyUsage::SIGN_VERIFY),
        ("GENERATE_VERIFY_MAC", KeyUsage::GENERATE_VERIFY_MAC),
        ("KEY_AGREEMENT", KeyUsage::KEY_AGREEMENT),
        ("ENCAPSULATE_DECAPSULATE", KeyUsage::ENCAPSULATE_DECAPSULATE),
    ];
}

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

/// Encryption algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
#[allow(clippy::upper_case_acronyms, reason = "the API's own spelling")]
pub(crate) enum EncryptionAlgorithm {
    #[default]
    SYMMETRIC_DEFAULT,
    RSAES_OAEP_SHA_1,
    RSAES_OAEP_SHA_256,
    SM2PKE,
}

impl EncryptionAlgorithm {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(EncryptionAlgorithm::NAMES, self)
    }
}

impl Enumerated for EncryptionAlgorithm {
    const NAMES: &'static [(&'static str, EncryptionAlgorithm)] = &[
        ("SYMMETRIC_DEFAULT", EncryptionAlgorithm::SYMMETRIC_DEFAULT),
        ("RSAES_OAEP_SHA_1", EncryptionAlgorithm::RSAES_OAEP_SHA_1),
        ("RSAES_OAEP_SHA_256", EncryptionAlgorithm::RSAES_OAEP_SHA_256),
        ("SM2PKE", EncryptionAlgorithm::SM2PKE),
    ];
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

fn name_of<E: Copy + PartialEq>(names: &'static [(&'static str, E)], value: E) -> &'static str {
    names.iter().find(|(_, other)| *other == value).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_has_a_name_that_serde_writes_alike() {
        for (name, spec) in KeySpec::NAMES {
            assert_eq!(serde_json::to_value(spec).unwrap(), *name);
            assert_eq!(spec.name(), *name);
        }
        for (name, usage) in KeyUsage::NAMES {
            assert_eq!(serde_json::to_value(usage).unwrap(), *name);
        }
        for (name, origin) in Origin::NAMES {
            assert_eq!(serde_json::to_value(origin).unwrap(), *name);
        }
    }

    #[test]
    fn every_spec_serves_some_usage() {
        for (name, spec) in KeySpec::NAMES {
            assert!(KeyUsage::NAMES.iter().any(|(_, usage)| spec.serves(*usage)), "{name}");
        }
    }
}
