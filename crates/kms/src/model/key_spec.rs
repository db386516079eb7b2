//! What kinds of keys there are, and what each is for.

use claviger_crypto::{Curve, MacSpec, MaterialSpec, MlDsaSet, MlKemSet, PrivateKeySpec, RsaSize};
use claviger_names::Region;
use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};

use super::Regional;
use super::enumeration::name_of;

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

    /// Whether its keys sign with ML-DSA.
    pub(crate) fn is_ml_dsa(self) -> bool {
        matches!(self, KeySpec::ML_DSA_44 | KeySpec::ML_DSA_65 | KeySpec::ML_DSA_87)
    }

    /// Of what kind the material of such a key is.
    pub(crate) fn material(self) -> MaterialSpec {
        use KeySpec::*;
        let private = match self {
            SYMMETRIC_DEFAULT => return MaterialSpec::Symmetric,
            HMAC_224 => return MaterialSpec::Mac(MacSpec::Hmac224),
            HMAC_256 => return MaterialSpec::Mac(MacSpec::Hmac256),
            HMAC_384 => return MaterialSpec::Mac(MacSpec::Hmac384),
            HMAC_512 => return MaterialSpec::Mac(MacSpec::Hmac512),
            RSA_2048 => PrivateKeySpec::Rsa(RsaSize::Rsa2048),
            RSA_3072 => PrivateKeySpec::Rsa(RsaSize::Rsa3072),
            RSA_4096 => PrivateKeySpec::Rsa(RsaSize::Rsa4096),
            ECC_NIST_P256 => PrivateKeySpec::Ec(Curve::P256),
            ECC_NIST_P384 => PrivateKeySpec::Ec(Curve::P384),
            ECC_NIST_P521 => PrivateKeySpec::Ec(Curve::P521),
            ECC_SECG_P256K1 => PrivateKeySpec::Ec(Curve::Secp256k1),
            ECC_NIST_EDWARDS25519 => PrivateKeySpec::Ed25519,
            SM2 => PrivateKeySpec::Sm2,
            ML_DSA_44 => PrivateKeySpec::MlDsa(MlDsaSet::MlDsa44),
            ML_DSA_65 => PrivateKeySpec::MlDsa(MlDsaSet::MlDsa65),
            ML_DSA_87 => PrivateKeySpec::MlDsa(MlDsaSet::MlDsa87),
            ML_KEM_512 => PrivateKeySpec::MlKem(MlKemSet::MlKem512),
            ML_KEM_768 => PrivateKeySpec::MlKem(MlKemSet::MlKem768),
            ML_KEM_1024 => PrivateKeySpec::MlKem(MlKemSet::MlKem1024),
        };
        MaterialSpec::PrivateKey(private)
    }

    /// The same; none where this Region has no such keys.
    pub(crate) fn served_in(self, region: Region) -> Option<MaterialSpec> {
        self.material().in_region(region)
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
pub enum KeyUsage {
    /// Encryption and decryption.
    #[default]
    ENCRYPT_DECRYPT,
    /// Signatures.
    SIGN_VERIFY,
    /// Message authentication codes.
    GENERATE_VERIFY_MAC,
    /// Shared secrets with holders of other keys.
    KEY_AGREEMENT,
    /// Shared secrets that one side makes and encapsulates for the other.
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
    }

    #[test]
    fn every_spec_serves_some_usage() {
        for (name, spec) in KeySpec::NAMES {
            assert!(KeyUsage::NAMES.iter().any(|(_, usage)| spec.serves(*usage)), "{name}");
        }
    }

    #[test]
    fn every_spec_has_the_material_of_its_name() {
        for (name, spec) in KeySpec::NAMES {
            assert_eq!(spec.material().name(), *name);
        }
    }
}
