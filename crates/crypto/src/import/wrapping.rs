//! How key material may be wrapped, and which material in which way.

use crate::{Curve, EncryptionAlgorithm, MaterialSpec, PrivateKeySpec, RsaSize};

/// A way to wrap key material to an RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WrappingAlgorithm {
    /// The material in one block of RSA-OAEP.
    RsaesOaep(EncryptionAlgorithm),
    /// An AES-256 key in one block of RSA-OAEP, and behind it the material under that key with AES-KWP (RFC 5649).
    RsaAesKeyWrap(EncryptionAlgorithm),
}

impl WrappingAlgorithm {
    /// Every one.
    pub const ALL: [WrappingAlgorithm; 4] = [
        WrappingAlgorithm::RsaesOaep(EncryptionAlgorithm::RsaesOaepSha1),
        WrappingAlgorithm::RsaesOaep(EncryptionAlgorithm::RsaesOaepSha256),
        WrappingAlgorithm::RsaAesKeyWrap(EncryptionAlgorithm::RsaesOaepSha1),
        WrappingAlgorithm::RsaAesKeyWrap(EncryptionAlgorithm::RsaesOaepSha256),
    ];

    /// What AWS calls it, such as `RSA_AES_KEY_WRAP_SHA_256`.
    pub const fn name(self) -> &'static str {
        use EncryptionAlgorithm::{RsaesOaepSha1, RsaesOaepSha256};
        match self {
            WrappingAlgorithm::RsaesOaep(RsaesOaepSha1) => "RSAES_OAEP_SHA_1",
            WrappingAlgorithm::RsaesOaep(RsaesOaepSha256) => "RSAES_OAEP_SHA_256",
            WrappingAlgorithm::RsaAesKeyWrap(RsaesOaepSha1) => "RSA_AES_KEY_WRAP_SHA_1",
            WrappingAlgorithm::RsaAesKeyWrap(RsaesOaepSha256) => "RSA_AES_KEY_WRAP_SHA_256",
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<WrappingAlgorithm> {
        WrappingAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether AWS takes material of this spec wrapped in this way to a key of this size.
    pub fn wraps(self, material: MaterialSpec, key: RsaSize) -> bool {
        let is_one_block = matches!(self, WrappingAlgorithm::RsaesOaep(_));
        match material {
            MaterialSpec::Symmetric | MaterialSpec::Mac(_) => is_one_block,
            MaterialSpec::PrivateKey(PrivateKeySpec::Rsa(_)) => !is_one_block,
            // It does not fit into the block.
            MaterialSpec::PrivateKey(PrivateKeySpec::Ec(Curve::P521)) => {
                !(is_one_block && key == RsaSize::Rsa2048)
            }
            MaterialSpec::PrivateKey(PrivateKeySpec::Ec(_) | PrivateKeySpec::Ed25519) => true,
            MaterialSpec::PrivateKey(PrivateKeySpec::MlDsa(_) | PrivateKeySpec::MlKem(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MacSpec;

    #[test]
    fn every_algorithm_has_a_name_of_its_own() {
        for algorithm in WrappingAlgorithm::ALL {
            assert_eq!(WrappingAlgorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(WrappingAlgorithm::from_name("RSAES_PKCS1_V1_5"), None);
    }

    #[test]
    fn each_material_has_the_wrappings_that_aws_documents() {
        let wrappings =
            |material, key| WrappingAlgorithm::ALL.map(|algorithm| algorithm.wraps(material, key));
        let (both, block, wrap, none) =
            ([true; 4], [true, true, false, false], [false, false, true, true], [false; 4]);
        let of = MaterialSpec::PrivateKey;
        for (material, with_2048, with_others) in [
            (MaterialSpec::Symmetric, block, block),
            (MaterialSpec::Mac(MacSpec::Hmac512), block, block),
            (of(PrivateKeySpec::Rsa(RsaSize::Rsa2048)), wrap, wrap),
            (of(PrivateKeySpec::Ec(Curve::P256)), both, both),
            (of(PrivateKeySpec::Ec(Curve::P521)), wrap, both),
            (of(PrivateKeySpec::Ec(Curve::Secp256k1)), both, both),
            (of(PrivateKeySpec::Ed25519), both, both),
            (of(PrivateKeySpec::ALL[8]), none, none),
            (of(PrivateKeySpec::ALL[11]), none, none),
        ] {
            assert_eq!(wrappings(material, RsaSize::Rsa2048), with_2048, "{material:?}");
            assert_eq!(wrappings(material, RsaSize::Rsa3072), with_others, "{material:?}");
            assert_eq!(wrappings(material, RsaSize::Rsa4096), with_others, "{material:?}");
        }
    }
}
