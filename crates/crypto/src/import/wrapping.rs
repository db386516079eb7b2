//! How key material may be wrapped, to which keys, and which material in which way.

use crate::{Curve, EncryptionAlgorithm, MaterialSpec, Oaep, PrivateKeySpec, RsaSize};

/// A way to wrap key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrappingAlgorithm {
    /// The material encrypted to the wrapping key.
    Direct(EncryptionAlgorithm),
    /// An AES-256 key in one block of RSA-OAEP, and behind it the material under that key with AES-KWP (RFC 5649).
    RsaAesKeyWrap(Oaep),
}

/// Of what kind and size the key is that material is wrapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrappingKeySpec {
    /// RSA.
    Rsa(RsaSize),
    /// SM2.
    Sm2,
}

impl WrappingAlgorithm {
    /// Every one.
    pub const ALL: [WrappingAlgorithm; 5] = [
        WrappingAlgorithm::Direct(EncryptionAlgorithm::RsaesOaep(Oaep::Sha1)),
        WrappingAlgorithm::Direct(EncryptionAlgorithm::RsaesOaep(Oaep::Sha256)),
        WrappingAlgorithm::RsaAesKeyWrap(Oaep::Sha1),
        WrappingAlgorithm::RsaAesKeyWrap(Oaep::Sha256),
        WrappingAlgorithm::Direct(EncryptionAlgorithm::Sm2Pke),
    ];

    /// What AWS calls it, such as `RSA_AES_KEY_WRAP_SHA_256`.
    pub const fn name(self) -> &'static str {
        match self {
            WrappingAlgorithm::Direct(algorithm) => algorithm.name(),
            WrappingAlgorithm::RsaAesKeyWrap(Oaep::Sha1) => "RSA_AES_KEY_WRAP_SHA_1",
            WrappingAlgorithm::RsaAesKeyWrap(Oaep::Sha256) => "RSA_AES_KEY_WRAP_SHA_256",
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<WrappingAlgorithm> {
        WrappingAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether AWS takes material of this spec wrapped in this way to such a key (developer guide, "Select a wrapping
    /// algorithm").
    pub fn wraps(self, material: MaterialSpec, key: WrappingKeySpec) -> bool {
        use EncryptionAlgorithm::{RsaesOaep, Sm2Pke};
        match (self, key) {
            (WrappingAlgorithm::Direct(RsaesOaep(_)), WrappingKeySpec::Rsa(size)) => {
                fits_block(material, size)
            }
            (WrappingAlgorithm::RsaAesKeyWrap(_), WrappingKeySpec::Rsa(_)) => {
                is_private_key(material) && material != MaterialSpec::PrivateKey(PrivateKeySpec::Sm2)
            }
            (WrappingAlgorithm::Direct(Sm2Pke), WrappingKeySpec::Sm2) => is_private_key(material),
            (
                WrappingAlgorithm::Direct(RsaesOaep(_)) | WrappingAlgorithm::RsaAesKeyWrap(_),
                WrappingKeySpec::Sm2,
            )
            | (WrappingAlgorithm::Direct(Sm2Pke), WrappingKeySpec::Rsa(_)) => false,
        }
    }
}

impl WrappingKeySpec {
    /// Every one.
    pub const ALL: [WrappingKeySpec; 4] = [
        WrappingKeySpec::Rsa(RsaSize::Rsa2048),
        WrappingKeySpec::Rsa(RsaSize::Rsa3072),
        WrappingKeySpec::Rsa(RsaSize::Rsa4096),
        WrappingKeySpec::Sm2,
    ];

    /// What AWS calls it.
    pub const fn name(self) -> &'static str {
        self.private_key().name()
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<WrappingKeySpec> {
        WrappingKeySpec::ALL.into_iter().find(|spec| spec.name() == name)
    }

    pub(crate) const fn private_key(self) -> PrivateKeySpec {
        match self {
            WrappingKeySpec::Rsa(size) => PrivateKeySpec::Rsa(size),
            WrappingKeySpec::Sm2 => PrivateKeySpec::Sm2,
        }
    }
}

/// Whether material is taken in one block of RSA-OAEP of this size.
fn fits_block(material: MaterialSpec, size: RsaSize) -> bool {
    match material {
        MaterialSpec::Symmetric | MaterialSpec::Mac(_) => true,
        MaterialSpec::PrivateKey(PrivateKeySpec::Ec(Curve::P521)) => size != RsaSize::Rsa2048,
        MaterialSpec::PrivateKey(PrivateKeySpec::Rsa(_)) => false,
        MaterialSpec::PrivateKey(_) => is_private_key(material),
    }
}

/// Whether it is a private key of a kind that AWS takes.
fn is_private_key(material: MaterialSpec) -> bool {
    match material {
        MaterialSpec::PrivateKey(
            PrivateKeySpec::Rsa(_) | PrivateKeySpec::Ec(_) | PrivateKeySpec::Ed25519 | PrivateKeySpec::Sm2,
        ) => true,
        MaterialSpec::PrivateKey(PrivateKeySpec::MlDsa(_) | PrivateKeySpec::MlKem(_))
        | MaterialSpec::Symmetric
        | MaterialSpec::Mac(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MacSpec;

    #[test]
    fn every_algorithm_and_every_key_has_a_name_of_its_own() {
        for algorithm in WrappingAlgorithm::ALL {
            assert_eq!(WrappingAlgorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(WrappingAlgorithm::from_name("RSAES_PKCS1_V1_5"), None);
        for spec in WrappingKeySpec::ALL {
            assert_eq!(WrappingKeySpec::from_name(spec.name()), Some(spec));
        }
        assert_eq!(WrappingKeySpec::from_name("ECC_NIST_P256"), None);
    }

    #[test]
    fn each_material_has_the_wrappings_that_aws_documents() {
        let wrappings =
            |material, key| WrappingAlgorithm::ALL.map(|algorithm| algorithm.wraps(material, key));
        let (both, block, wrap, none) = (
            [true, true, true, true, false],
            [true, true, false, false, false],
            [false, false, true, true, false],
            [false; 5],
        );
        let sm2 = [false, false, false, false, true];
        let of = MaterialSpec::PrivateKey;
        for (material, with_2048, with_others, with_sm2) in [
            (MaterialSpec::Symmetric, block, block, none),
            (MaterialSpec::Mac(MacSpec::Hmac512), block, block, none),
            (of(PrivateKeySpec::Rsa(RsaSize::Rsa2048)), wrap, wrap, sm2),
            (of(PrivateKeySpec::Ec(Curve::P256)), both, both, sm2),
            (of(PrivateKeySpec::Ec(Curve::P521)), wrap, both, sm2),
            (of(PrivateKeySpec::Ec(Curve::Secp256k1)), both, both, sm2),
            (of(PrivateKeySpec::Ed25519), both, both, sm2),
            (of(PrivateKeySpec::ALL[8]), none, none, none),
            (of(PrivateKeySpec::ALL[11]), none, none, none),
            (of(PrivateKeySpec::Sm2), block, block, sm2),
        ] {
            let [smallest, others @ .., last] = WrappingKeySpec::ALL;
            assert_eq!(wrappings(material, smallest), with_2048, "{material:?}");
            assert_eq!(others.map(|key| wrappings(material, key)), [with_others; 2], "{material:?}");
            assert_eq!(wrappings(material, last), with_sm2, "{material:?}");
        }
    }
}
