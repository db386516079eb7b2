//! Ed25519 keys: pure signatures, and Ed25519ph.

use super::Parts;
use super::der::{OCTET_STRING, element, only};
use super::lazy::Lazy;
use super::raw::{self, ED25519_KEY_BYTES, ED25519_PRIVATE_BYTES};
use super::signing::{Input, SignError, VerifyError};
use crate::{CipherFailed, Random, Secret, SystemRandom};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};

/// A private key, ready to sign.
pub(crate) struct Ed25519Private {
    pure: Ed25519KeyPair,
    /// The seed and the public key that was derived from it.
    both: Secret,
}

/// A public key, when it was needed.
pub(crate) struct Ed25519Public {
    pure: Lazy<ParsedPublicKey>,
    bytes: [u8; ED25519_KEY_BYTES],
}

/// A fresh key.
pub(crate) fn generate() -> Result<Parts<Ed25519Private>, CipherFailed> {
    let mut seed = zeroize::Zeroizing::new([0; ED25519_KEY_BYTES]);
    SystemRandom.fill(&mut *seed).map_err(|_| CipherFailed)?;
    from_seed(&*seed).ok_or(CipherFailed)
}

/// The key of a CurvePrivateKey (RFC 8410) in DER. Its public half is always derived; one that is given must be the same.
pub(crate) fn parse(private: &[u8], public: Option<&[u8]>) -> Option<Parts<Ed25519Private>> {
    let parts = from_seed(only(OCTET_STRING, private)?)?;
    public.is_none_or(|public| public == parts.public).then_some(parts)
}

fn from_seed(seed: &[u8]) -> Option<Parts<Ed25519Private>> {
    // aws-lc-rs looks only for too few bytes.
    let pure =
        (seed.len() == ED25519_KEY_BYTES).then(|| Ed25519KeyPair::from_seed_unchecked(seed).ok())??;
    let public = pure.public_key().as_ref().to_vec();
    let mut both = Vec::with_capacity(ED25519_PRIVATE_BYTES);
    both.extend_from_slice(seed);
    both.extend_from_slice(&public);
    let private = element(OCTET_STRING, &[seed]);
    Some(Parts { key: Ed25519Private { pure, both: Secret::new(both) }, private, public })
}

impl Ed25519Private {
    pub(crate) fn sign(&self, input: &Input<'_>) -> Result<Vec<u8>, SignError> {
        match input {
            Input::Ed25519(message) => Ok(self.pure.sign(message).as_ref().to_vec()),
            Input::Ed25519Ph(message) => {
                let both = self.both.expose().try_into().map_err(|_| CipherFailed)?;
                Ok(raw::ed25519ph_sign(*message, both)?.to_vec())
            }
            _ => Err(SignError::AlgorithmNotOfKey),
        }
    }
}

impl Ed25519Public {
    pub(crate) fn new(public: &[u8]) -> Option<Ed25519Public> {
        Some(Ed25519Public { pure: Lazy::new(), bytes: public.try_into().ok()? })
    }

    /// Reads the key, which is otherwise done when it is first needed.
    pub(crate) fn parsed(&self) -> Result<&ParsedPublicKey, CipherFailed> {
        self.pure.parsed(|| ParsedPublicKey::new(&ED25519, self.bytes).ok())
    }

    pub(crate) fn verify(&self, input: &Input<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let is_valid = match input {
            Input::Ed25519(message) => {
                self.parsed().is_ok_and(|key| key.verify_sig(message, signature).is_ok())
            }
            Input::Ed25519Ph(message) => signature
                .try_into()
                .is_ok_and(|signature| raw::ed25519ph_verify(*message, signature, &self.bytes).is_ok()),
            _ => return Err(VerifyError::AlgorithmNotOfKey),
        };
        is_valid.then_some(()).ok_or(VerifyError::InvalidSignature)
    }
}
