//! ML-KEM keys (FIPS 203): a shared secret for who has the public key, and the same for who has the private one.

use super::Parts;
use super::der::{CONTEXT_0, element, only};
use super::lazy::Lazy;
use super::pkcs8;
use super::raw;
use super::spec::{MlKemSet, PrivateKeySpec};
use crate::{CipherFailed, Random, Secret, SystemRandom};
use aws_lc_rs::kem::{self, Algorithm, AlgorithmId, Ciphertext, DecapsulationKey, EncapsulationKey};

/// The two halves of a seed, `d` and `z`.
const SEED_BYTES: usize = 64;
/// Those of ML-KEM-1024.
const PRIVATE_BYTES_MAX: usize = 3168;
const PUBLIC_BYTES_MAX: usize = 1568;

/// A private key, ready to decapsulate.
pub(crate) struct MlKemPrivate {
    set: MlKemSet,
    key: DecapsulationKey<AlgorithmId>,
}

/// A public key, when it was needed.
pub(crate) struct MlKemPublic {
    set: MlKemSet,
    key: Lazy<EncapsulationKey<AlgorithmId>>,
}

/// A fresh shared secret, and what gives it to the holder of the private key.
pub struct Encapsulated {
    /// The ciphertext of FIPS 203.
    pub ciphertext: Vec<u8>,
    /// 32 bytes.
    pub shared_secret: Secret,
}

/// Why there is no shared secret for a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncapsulateError {
    /// The key is no ML-KEM key.
    #[error("the key does not encapsulate")]
    NotMlKem,
    /// The cryptographic library failed.
    #[error(transparent)]
    Failed(#[from] CipherFailed),
}

/// Why a ciphertext gave no shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecapsulateError {
    /// The key is no ML-KEM key.
    #[error("the key does not decapsulate")]
    NotMlKem,
    /// It has another length than ciphertexts of this key. Every one of the right length gives a secret.
    #[error("the ciphertext must have {required} bytes")]
    CiphertextLength {
        /// The length it must have, in bytes.
        required: usize,
    },
    /// The cryptographic library failed.
    #[error(transparent)]
    Failed(#[from] CipherFailed),
}

/// A fresh key.
pub(crate) fn generate(set: MlKemSet) -> Result<Parts<MlKemPrivate>, CipherFailed> {
    let mut seed = zeroize::Zeroizing::new([0; SEED_BYTES]);
    SystemRandom.fill(&mut *seed).map_err(|_| CipherFailed)?;
    from_seed(set, &*seed).ok_or(CipherFailed)
}

/// The key of an ML-KEM private key in DER, in the form that holds the seed and nothing else (RFC 9935, 6).
pub(crate) fn parse(set: MlKemSet, private: &[u8]) -> Option<Parts<MlKemPrivate>> {
    from_seed(set, only(CONTEXT_0, private)?)
}

fn from_seed(set: MlKemSet, seed: &[u8]) -> Option<Parts<MlKemPrivate>> {
    let private = (seed.len() == SEED_BYTES).then(|| element(CONTEXT_0, &[seed]))?;
    let pkcs8 = pkcs8::write_private(PrivateKeySpec::MlKem(set).algorithm_identifier(), &private);
    let expanded = raw::Parsed::private(pkcs8.expose()).ok()?;
    let public = expanded.public_bytes(PUBLIC_BYTES_MAX).ok()?;
    let expanded = expanded.private_bytes(PRIVATE_BYTES_MAX).ok()?;
    let key = DecapsulationKey::new(algorithm(set), &expanded).ok()?;
    Some(Parts { key: MlKemPrivate { set, key }, private, public })
}

impl MlKemPrivate {
    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Secret, DecapsulateError> {
        let required = self.set.ciphertext_bytes();
        if ciphertext.len() != required {
            return Err(DecapsulateError::CiphertextLength { required });
        }
        let secret = self.key.decapsulate(Ciphertext::from(ciphertext)).map_err(|_| CipherFailed)?;
        Ok(Secret::new(secret.as_ref().to_vec()))
    }
}

impl MlKemPublic {
    pub(crate) fn new(set: MlKemSet) -> MlKemPublic {
        MlKemPublic { set, key: Lazy::new() }
    }

    /// Reads the key, which is otherwise done when it is first needed.
    pub(crate) fn parsed(&self, der: &[u8]) -> Result<&EncapsulationKey<AlgorithmId>, CipherFailed> {
        let identifier = PrivateKeySpec::MlKem(self.set).algorithm_identifier();
        self.key.parsed(|| {
            let public = pkcs8::read_public(identifier, der)?;
            EncapsulationKey::new(algorithm(self.set), public).ok()
        })
    }

    pub(crate) fn encapsulate(&self, der: &[u8]) -> Result<Encapsulated, EncapsulateError> {
        let (ciphertext, secret) = self.parsed(der)?.encapsulate().map_err(|_| CipherFailed)?;
        Ok(Encapsulated {
            ciphertext: ciphertext.as_ref().to_vec(),
            shared_secret: Secret::new(secret.as_ref().to_vec()),
        })
    }
}

fn algorithm(set: MlKemSet) -> &'static Algorithm<AlgorithmId> {
    match set {
        MlKemSet::MlKem512 => &kem::ML_KEM_512,
        MlKemSet::MlKem768 => &kem::ML_KEM_768,
        MlKemSet::MlKem1024 => &kem::ML_KEM_1024,
    }
}
