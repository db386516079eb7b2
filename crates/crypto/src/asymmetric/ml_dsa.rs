//! ML-DSA keys (FIPS 204): pure signatures, over a message or over its µ. A private key is its seed.

use super::Parts;
use super::der::{CONTEXT_0, element, only};
use super::lazy::Lazy;
use super::raw;
use super::signing::{Input, SignError, VerifyError};
use super::spec::MlDsaSet;
use crate::{CipherFailed, Random, Secret, SystemRandom};
use aws_lc_rs::signature::{
    self, KeyPair, ParsedPublicKey, PqdsaKeyPair, PqdsaSigningAlgorithm, PqdsaVerificationAlgorithm,
};

const SEED_BYTES: usize = 32;

/// A private key, ready to sign messages.
pub(crate) struct MlDsaPrivate {
    set: MlDsaSet,
    messages: PqdsaKeyPair,
    mus: Lazy<raw::Parsed>,
}

/// A public key, in each form that was needed.
pub(crate) struct MlDsaPublic {
    set: MlDsaSet,
    messages: Lazy<ParsedPublicKey>,
    mus: Lazy<raw::Parsed>,
}

/// A fresh key.
pub(crate) fn generate(set: MlDsaSet) -> Result<Parts<MlDsaPrivate>, CipherFailed> {
    let mut seed = zeroize::Zeroizing::new([0; SEED_BYTES]);
    SystemRandom.fill(&mut *seed).map_err(|_| CipherFailed)?;
    from_seed(set, &*seed).ok_or(CipherFailed)
}

/// The key of an ML-DSA private key in DER, in the form that holds the seed and nothing else (RFC 9881, 6).
pub(crate) fn parse(set: MlDsaSet, private: &[u8]) -> Option<Parts<MlDsaPrivate>> {
    from_seed(set, only(CONTEXT_0, private)?)
}

fn from_seed(set: MlDsaSet, seed: &[u8]) -> Option<Parts<MlDsaPrivate>> {
    let algorithm: &'static PqdsaSigningAlgorithm = match set {
        MlDsaSet::MlDsa44 => &signature::ML_DSA_44_SIGNING,
        MlDsaSet::MlDsa65 => &signature::ML_DSA_65_SIGNING,
        MlDsaSet::MlDsa87 => &signature::ML_DSA_87_SIGNING,
    };
    let messages = PqdsaKeyPair::from_seed(algorithm, seed).ok()?;
    let public = messages.public_key().as_ref().to_vec();
    let private = element(CONTEXT_0, &[seed]);
    Some(Parts { key: MlDsaPrivate { set, messages, mus: Lazy::new() }, private, public })
}

impl MlDsaPrivate {
    pub(crate) fn sign(&self, input: &Input<'_>, pkcs8: &Secret) -> Result<Vec<u8>, SignError> {
        match input {
            Input::MlDsa(message) => {
                let mut signature = vec![0; self.set.signature_bytes()];
                self.messages.sign(message, &mut signature).map_err(|_| CipherFailed)?;
                Ok(signature)
            }
            Input::MlDsaMu(mu) => {
                let key = self.mus.parsed(|| raw::Parsed::private(pkcs8.expose()).ok())?;
                Ok(key.sign(mu, self.set.signature_bytes())?)
            }
            _ => Err(SignError::AlgorithmNotOfKey),
        }
    }
}

impl MlDsaPublic {
    pub(crate) fn new(set: MlDsaSet) -> MlDsaPublic {
        MlDsaPublic { set, messages: Lazy::new(), mus: Lazy::new() }
    }

    /// Reads the key, which is otherwise done when it is first needed.
    pub(crate) fn parsed(&self, der: &[u8]) -> Result<&ParsedPublicKey, CipherFailed> {
        let algorithm: &'static PqdsaVerificationAlgorithm = match self.set {
            MlDsaSet::MlDsa44 => &signature::ML_DSA_44,
            MlDsaSet::MlDsa65 => &signature::ML_DSA_65,
            MlDsaSet::MlDsa87 => &signature::ML_DSA_87,
        };
        self.messages.parsed(|| ParsedPublicKey::new(algorithm, der).ok())
    }

    pub(crate) fn verify(&self, input: &Input<'_>, signature: &[u8], der: &[u8]) -> Result<(), VerifyError> {
        let is_valid = match input {
            Input::MlDsa(message) => {
                self.parsed(der).is_ok_and(|key| key.verify_sig(message, signature).is_ok())
            }
            Input::MlDsaMu(mu) => {
                let key = self.mus.parsed(|| raw::Parsed::public(der).ok());
                key.is_ok_and(|key| key.verify(mu, signature).is_ok())
            }
            _ => return Err(VerifyError::AlgorithmNotOfKey),
        };
        is_valid.then_some(()).ok_or(VerifyError::InvalidSignature)
    }
}
