//! Encryption with RSA: RSAES-OAEP, MGF1 with the same hash, no label.

use super::spec::RsaSize;
use crate::{CipherFailed, InvalidCiphertext};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};

/// An encryption algorithm of RSA keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncryptionAlgorithm {
    /// With SHA-1, in the hash and the mask.
    RsaesOaepSha1,
    /// With SHA-256, in the hash and the mask.
    RsaesOaepSha256,
}

/// Why nothing was encrypted to a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OaepEncryptError {
    /// The key is no RSA key.
    #[error("the key does not encrypt")]
    NotRsa,
    /// The plaintext does not fit into one block.
    #[error("the plaintext is longer than {bytes_max} bytes")]
    PlaintextTooLong {
        /// The most that the key and algorithm encrypt, in bytes.
        bytes_max: usize,
    },
    /// The cryptographic library failed.
    #[error(transparent)]
    Failed(#[from] CipherFailed),
}

/// Why a ciphertext was not decrypted with a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OaepDecryptError {
    /// The key is no RSA key.
    #[error("the key does not decrypt")]
    NotRsa,
    /// It is no ciphertext of this key and algorithm: why, is not told.
    #[error(transparent)]
    InvalidCiphertext(#[from] InvalidCiphertext),
}

impl EncryptionAlgorithm {
    /// Every one.
    pub const ALL: [EncryptionAlgorithm; 2] =
        [EncryptionAlgorithm::RsaesOaepSha1, EncryptionAlgorithm::RsaesOaepSha256];

    /// What AWS calls it.
    pub const fn name(self) -> &'static str {
        match self {
            EncryptionAlgorithm::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            EncryptionAlgorithm::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<EncryptionAlgorithm> {
        EncryptionAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The longest plaintext that a key of this size encrypts, in bytes (RFC 8017, 7.1.1).
    pub const fn plaintext_bytes_max(self, size: RsaSize) -> usize {
        let hash_bytes = match self {
            EncryptionAlgorithm::RsaesOaepSha1 => 20,
            EncryptionAlgorithm::RsaesOaepSha256 => 32,
        };
        size.bytes() - 2 * hash_bytes - 2
    }

    pub(crate) fn parameters(self) -> &'static OaepAlgorithm {
        match self {
            EncryptionAlgorithm::RsaesOaepSha1 => &OAEP_SHA1_MGF1SHA1,
            EncryptionAlgorithm::RsaesOaepSha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_plaintexts_are_those_that_aws_documents() {
        let longest = |size| EncryptionAlgorithm::ALL.map(|algorithm| algorithm.plaintext_bytes_max(size));
        assert_eq!(longest(RsaSize::Rsa2048), [214, 190]);
        assert_eq!(longest(RsaSize::Rsa3072), [342, 318]);
        assert_eq!(longest(RsaSize::Rsa4096), [470, 446]);
    }
}
