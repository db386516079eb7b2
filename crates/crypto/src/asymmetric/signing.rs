//! What is signed, with which algorithm.

use super::sm2::DIGEST_BYTES;
use crate::CipherFailed;
use aws_lc_rs::digest::{self, Digest, digest};

/// A signature algorithm, as AWS names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017).
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 8017): MGF1 with the same hash, a salt as long as the hash.
    RsaPss(Hash),
    /// ECDSA (FIPS 186-5), signatures in DER.
    Ecdsa(Hash),
    /// Pure Ed25519 (RFC 8032).
    Ed25519,
    /// Ed25519ph (RFC 8032), without a context.
    Ed25519Ph,
    /// Pure ML-DSA (FIPS 204), hedged, without a context.
    MlDsa,
    /// SM2 (GM/T 0003.2) over SM3 for the usual distinguishing ID, signatures in DER.
    Sm2Dsa,
}

/// A hash that a signature algorithm uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What the bytes are that a caller has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// The message.
    Raw,
    /// Its digest; of SM2 the one that the standard signs, which is over the signer as well (GM/T 0003.2, e).
    Digest,
    /// The 64 bytes that ML-DSA derives from public key and message (FIPS 204, µ).
    ExternalMu,
}

/// Bytes in a form that a signature algorithm takes.
#[derive(Clone, Copy)]
pub struct Signable<'a> {
    algorithm: SigningAlgorithm,
    pub(crate) input: Input<'a>,
}

/// What a signature is computed over, for each algorithm.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    RsaPkcs1(Hash, Digest),
    RsaPss(Hash, Digest),
    Ecdsa(Hash, Digest),
    Ed25519(&'a [u8]),
    /// What is hashed again.
    Ed25519Ph(&'a [u8; PREHASHED_BYTES]),
    MlDsa(&'a [u8]),
    MlDsaMu(&'a [u8; PREHASHED_BYTES]),
    /// What is hashed with the signer's public key.
    Sm2(&'a [u8]),
    Sm2Digest(&'a [u8; DIGEST_BYTES]),
}

/// Bytes that Ed25519ph and ML-DSA take in place of a message.
pub(crate) const PREHASHED_BYTES: usize = 64;

/// Why bytes cannot be signed with an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSignable {
    /// The algorithm takes no messages of this type.
    #[error("the algorithm takes no message of this type")]
    MessageType,
    /// A digest or µ has another length than the algorithm takes.
    #[error("the digest must have {required} bytes")]
    DigestLength {
        /// The length it must have, in bytes.
        required: usize,
    },
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key does not sign with this algorithm.
    #[error("the key does not sign with this algorithm")]
    AlgorithmNotOfKey,
    /// The cryptographic library failed.
    #[error(transparent)]
    Failed(#[from] CipherFailed),
}

/// Why a signature was not found valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The key does not sign with this algorithm.
    #[error("the key does not sign with this algorithm")]
    AlgorithmNotOfKey,
    /// It is not the signature of this message by this key: why, is not told.
    #[error("the signature is invalid")]
    InvalidSignature,
}

impl SigningAlgorithm {
    /// Every one, in the order of AWS's API model.
    pub const ALL: [SigningAlgorithm; 13] = [
        SigningAlgorithm::RsaPss(Hash::Sha256),
        SigningAlgorithm::RsaPss(Hash::Sha384),
        SigningAlgorithm::RsaPss(Hash::Sha512),
        SigningAlgorithm::RsaPkcs1(Hash::Sha256),
        SigningAlgorithm::RsaPkcs1(Hash::Sha384),
        SigningAlgorithm::RsaPkcs1(Hash::Sha512),
        SigningAlgorithm::Ecdsa(Hash::Sha256),
        SigningAlgorithm::Ecdsa(Hash::Sha384),
        SigningAlgorithm::Ecdsa(Hash::Sha512),
        SigningAlgorithm::Sm2Dsa,
        SigningAlgorithm::MlDsa,
        SigningAlgorithm::Ed25519,
        SigningAlgorithm::Ed25519Ph,
    ];

    /// What AWS calls it, such as `RSASSA_PSS_SHA_256`.
    pub const fn name(self) -> &'static str {
        match self {
            SigningAlgorithm::RsaPkcs1(Hash::Sha256) => "RSASSA_PKCS1_V1_5_SHA_256",
            SigningAlgorithm::RsaPkcs1(Hash::Sha384) => "RSASSA_PKCS1_V1_5_SHA_384",
            SigningAlgorithm::RsaPkcs1(Hash::Sha512) => "RSASSA_PKCS1_V1_5_SHA_512",
            SigningAlgorithm::RsaPss(Hash::Sha256) => "RSASSA_PSS_SHA_256",
            SigningAlgorithm::RsaPss(Hash::Sha384) => "RSASSA_PSS_SHA_384",
            SigningAlgorithm::RsaPss(Hash::Sha512) => "RSASSA_PSS_SHA_512",
            SigningAlgorithm::Ecdsa(Hash::Sha256) => "ECDSA_SHA_256",
            SigningAlgorithm::Ecdsa(Hash::Sha384) => "ECDSA_SHA_384",
            SigningAlgorithm::Ecdsa(Hash::Sha512) => "ECDSA_SHA_512",
            SigningAlgorithm::Ed25519 => "ED25519_SHA_512",
            SigningAlgorithm::Ed25519Ph => "ED25519_PH_SHA_512",
            SigningAlgorithm::MlDsa => "ML_DSA_SHAKE_256",
            SigningAlgorithm::Sm2Dsa => "SM2DSA",
        }
    }

    /// Refuses messages of a type or length that [`Signable::new`] refuses.
    pub fn check_message(self, message_type: MessageType, bytes: usize) -> Result<(), NotSignable> {
        use SigningAlgorithm::{Ecdsa, Ed25519, Ed25519Ph, MlDsa, RsaPkcs1, RsaPss, Sm2Dsa};
        let required = match (self, message_type) {
            (RsaPkcs1(_) | RsaPss(_) | Ecdsa(_) | Ed25519 | MlDsa | Sm2Dsa, MessageType::Raw) => {
                return Ok(());
            }
            (RsaPkcs1(hash) | RsaPss(hash) | Ecdsa(hash), MessageType::Digest) => hash.bytes(),
            (Sm2Dsa, MessageType::Digest) => DIGEST_BYTES,
            (Ed25519Ph, MessageType::Digest) | (MlDsa, MessageType::ExternalMu) => PREHASHED_BYTES,
            (RsaPkcs1(_) | RsaPss(_) | Ecdsa(_) | Sm2Dsa, MessageType::ExternalMu)
            | (Ed25519, MessageType::Digest | MessageType::ExternalMu)
            | (Ed25519Ph, MessageType::Raw | MessageType::ExternalMu)
            | (MlDsa, MessageType::Digest) => return Err(NotSignable::MessageType),
        };
        if bytes == required { Ok(()) } else { Err(NotSignable::DigestLength { required }) }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<SigningAlgorithm> {
        SigningAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl Hash {
    /// Bytes of its digest.
    pub const fn bytes(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        }
    }

    fn digest_of(self, message_type: MessageType, bytes: &[u8]) -> Result<Digest, NotSignable> {
        match message_type {
            MessageType::Raw => Ok(digest(self.algorithm(), bytes)),
            MessageType::Digest => Digest::import_less_safe(bytes, self.algorithm())
                .map_err(|_| NotSignable::DigestLength { required: self.bytes() }),
            MessageType::ExternalMu => Err(NotSignable::MessageType),
        }
    }
}

impl<'a> Signable<'a> {
    /// These bytes, when the algorithm takes messages of this type and they have the length of one.
    ///
    /// How long a message may be is for the caller to say. Ed25519ph takes a digest and, as AWS has it, hashes that
    /// digest once more.
    pub fn new(
        algorithm: SigningAlgorithm,
        message_type: MessageType,
        bytes: &'a [u8],
    ) -> Result<Signable<'a>, NotSignable> {
        use SigningAlgorithm::{Ecdsa, Ed25519, Ed25519Ph, MlDsa, RsaPkcs1, RsaPss, Sm2Dsa};
        let input = match (algorithm, message_type) {
            (RsaPkcs1(hash), _) => Input::RsaPkcs1(hash, hash.digest_of(message_type, bytes)?),
            (RsaPss(hash), _) => Input::RsaPss(hash, hash.digest_of(message_type, bytes)?),
            (Ecdsa(hash), _) => Input::Ecdsa(hash, hash.digest_of(message_type, bytes)?),
            (Ed25519, MessageType::Raw) => Input::Ed25519(bytes),
            (Ed25519Ph, MessageType::Digest) => Input::Ed25519Ph(prehashed(bytes)?),
            (MlDsa, MessageType::Raw) => Input::MlDsa(bytes),
            (MlDsa, MessageType::ExternalMu) => Input::MlDsaMu(prehashed(bytes)?),
            (Sm2Dsa, MessageType::Raw) => Input::Sm2(bytes),
            (Sm2Dsa, MessageType::Digest) => Input::Sm2Digest(prehashed(bytes)?),
            (Ed25519, MessageType::Digest | MessageType::ExternalMu)
            | (Ed25519Ph, MessageType::Raw | MessageType::ExternalMu)
            | (MlDsa, MessageType::Digest)
            | (Sm2Dsa, MessageType::ExternalMu) => return Err(NotSignable::MessageType),
        };
        Ok(Signable { algorithm, input })
    }

    /// The algorithm that they are for.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }
}

fn prehashed<const BYTES: usize>(bytes: &[u8]) -> Result<&[u8; BYTES], NotSignable> {
    bytes.try_into().map_err(|_| NotSignable::DigestLength { required: BYTES })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_a_name_of_its_own() {
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(SigningAlgorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(SigningAlgorithm::from_name("RSASSA_PSS_SHA_1"), None);
    }

    #[test]
    fn a_message_is_checked_as_it_is_taken() {
        for algorithm in SigningAlgorithm::ALL {
            for message_type in [MessageType::Raw, MessageType::Digest, MessageType::ExternalMu] {
                for bytes in [0, 1, 28, 32, 48, 63, 64, 65, 4096] {
                    let taken = Signable::new(algorithm, message_type, &vec![0; bytes]).map(drop);
                    assert_eq!(algorithm.check_message(message_type, bytes), taken, "{algorithm:?} {bytes}");
                }
            }
        }
    }

    #[test]
    fn each_algorithm_takes_its_message_types_and_no_others() {
        let mut taken = Vec::new();
        for algorithm in SigningAlgorithm::ALL {
            for message_type in [MessageType::Raw, MessageType::Digest, MessageType::ExternalMu] {
                match Signable::new(algorithm, message_type, &[]) {
                    Ok(_) => taken.push((algorithm.name(), message_type, None)),
                    Err(NotSignable::DigestLength { required }) => {
                        let bytes = vec![0; required];
                        assert!(Signable::new(algorithm, message_type, &bytes).is_ok());
                        assert!(Signable::new(algorithm, message_type, &bytes[1..]).is_err());
                        taken.push((algorithm.name(), message_type, Some(required)));
                    }
                    Err(NotSignable::MessageType) => {}
                }
            }
        }
        let hashing = SigningAlgorithm::ALL[..9].iter().flat_map(|algorithm| {
            let bits: usize = algorithm.name()[algorithm.name().len() - 3..].parse().unwrap();
            [
                (algorithm.name(), MessageType::Raw, None),
                (algorithm.name(), MessageType::Digest, Some(bits / 8)),
            ]
        });
        let others = [
            ("SM2DSA", MessageType::Raw, None),
            ("SM2DSA", MessageType::Digest, Some(32)),
            ("ML_DSA_SHAKE_256", MessageType::Raw, None),
            ("ML_DSA_SHAKE_256", MessageType::ExternalMu, Some(64)),
            ("ED25519_SHA_512", MessageType::Raw, None),
            ("ED25519_PH_SHA_512", MessageType::Digest, Some(64)),
        ];
        assert_eq!(taken, hashing.chain(others).collect::<Vec<_>>());
    }
}
