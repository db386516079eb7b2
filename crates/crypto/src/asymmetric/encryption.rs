//! Encryption to public keys: RSAES-OAEP, and SM2.

use super::spec::RsaSize;
use crate::{CipherFailed, InvalidCiphertext};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};

/// An encryption algorithm of asymmetric keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncryptionAlgorithm {
    /// RSAES-OAEP (RFC 8017), without a label.
    RsaesOaep(Oaep),
    /// SM2 public key encryption (GM/T 0003.4) over SM3, ciphertexts in DER (GM/T 0009).
    Sm2Pke,
}

/// The hash of RSAES-OAEP, in the block and in its mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oaep {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// Why nothing was encrypted to a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AsymmetricEncryptError {
    /// The key does not encrypt with this algorithm.
    #[error("the key does not encrypt with this algorithm")]
    AlgorithmNotOfKey,
    /// The plaintext does not fit into one block of RSA.
    #[error("the plaintext is longer than {bytes_max} bytes")]
    PlaintextTooLong {
        /// The most that the key and algorithm encrypt, in bytes.
        bytes_max: usize,
    },
    /// The cryptographic library failed, which that of SM2 does also for an empty plaintext.
    #[error(transparent)]
    Failed(#[from] CipherFailed),
}

/// Why a ciphertext was not decrypted with a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AsymmetricDecryptError {
    /// The key does not decrypt with this algorithm.
    #[error("the key does not decrypt with this algorithm")]
    AlgorithmNotOfKey,
    /// It is no ciphertext of this key and algorithm: why, is not told.
    #[error(transparent)]
    InvalidCiphertext(#[from] InvalidCiphertext),
}

impl EncryptionAlgorithm {
    /// Every one.
    pub const ALL: [EncryptionAlgorithm; 3] = [
        EncryptionAlgorithm::RsaesOaep(Oaep::Sha1),
        EncryptionAlgorithm::RsaesOaep(Oaep::Sha256),
        EncryptionAlgorithm::Sm2Pke,
    ];

    /// What AWS calls it.
    pub const fn name(self) -> &'static str {
        match self {
            EncryptionAlgorithm::RsaesOaep(Oaep::Sha1) => "RSAES_OAEP_SHA_1",
            EncryptionAlgorithm::RsaesOaep(Oaep::Sha256) => "RSAES_OAEP_SHA_256",
            EncryptionAlgorithm::Sm2Pke => "SM2PKE",
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<EncryptionAlgorithm> {
        EncryptionAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl Oaep {
    /// Every one.
    pub const ALL: [Oaep; 2] = [Oaep::Sha1, Oaep::Sha256];

    /// The longest plaintext that a key of this size encrypts, in bytes (RFC 8017, 7.1.1).
    pub const fn plaintext_bytes_max(self, size: RsaSize) -> usize {
        let hash_bytes = match self {
            Oaep::Sha1 => 20,
            Oaep::Sha256 => 32,
        };
        size.bytes() - 2 * hash_bytes - 2
    }

    pub(crate) fn parameters(self) -> &'static OaepAlgorithm {
        match self {
            Oaep::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Oaep::Sha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_a_name_of_its_own() {
        for algorithm in EncryptionAlgorithm::ALL {
            assert_eq!(EncryptionAlgorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(EncryptionAlgorithm::from_name("SYMMETRIC_DEFAULT"), None);
    }

    #[test]
    fn the_longest_plaintexts_are_those_that_aws_documents() {
        let longest = |size| Oaep::ALL.map(|oaep| oaep.plaintext_bytes_max(size));
        assert_eq!(longest(RsaSize::Rsa2048), [214, 190]);
        assert_eq!(longest(RsaSize::Rsa3072), [342, 318]);
        assert_eq!(longest(RsaSize::Rsa4096), [470, 446]);
    }
}
