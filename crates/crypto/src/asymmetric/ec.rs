//! Keys on curves of Weierstrass form: ECDSA, and ECDH on those of NIST.

use super::Parts;
use super::lazy::Lazy;
use super::pkcs8;
use super::sec1;
use super::signing::{Input, SignError, VerifyError};
use super::spec::{Curve, PrivateKeySpec};
use crate::{CipherFailed, Secret};
use aws_lc_rs::agreement::{self, UnparsedPublicKey, agree};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};

/// A private key, ready to sign.
pub(crate) struct EcPrivate {
    curve: Curve,
    signing: EcdsaKeyPair,
    agreeing: Lazy<agreement::PrivateKey>,
}

/// A public key, when it was needed.
pub(crate) struct EcPublic {
    curve: Curve,
    verifying: Lazy<ParsedPublicKey>,
}

/// Why two keys did not agree on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgreeError {
    /// The key is on no curve of NIST, and no SM2 key.
    #[error("the key does not agree on secrets")]
    NotAgreementKey,
    /// The other key is no SubjectPublicKeyInfo of a point on the same curve.
    #[error("the other key is no public key on the same curve")]
    PeerRefused,
}

/// A fresh key.
pub(crate) fn generate(curve: Curve) -> Result<Parts<EcPrivate>, CipherFailed> {
    let signing = EcdsaKeyPair::generate(signing_algorithm(curve)).map_err(|_| CipherFailed)?;
    parts(curve, signing)
}

/// The key of an ECPrivateKey (RFC 5915) in DER. Its public half, and the curve's name, may be absent; a public half must
/// be the one of the private half, compressed or not.
pub(crate) fn parse(curve: Curve, private: &[u8]) -> Option<Parts<EcPrivate>> {
    let algorithm = PrivateKeySpec::Ec(curve).algorithm_identifier();
    sec1::read_private(algorithm, curve.bytes(), private)?;
    // aws-lc compares the two halves.
    let pkcs8 = pkcs8::write_private(algorithm, private);
    let signing = EcdsaKeyPair::from_pkcs8(signing_algorithm(curve), pkcs8.expose()).ok()?;
    parts(curve, signing).ok()
}

fn parts(curve: Curve, signing: EcdsaKeyPair) -> Result<Parts<EcPrivate>, CipherFailed> {
    let public = signing.public_key().as_ref().to_vec();
    let scalar: EcPrivateKeyBin<'_> = signing.private_key().as_be_bytes().map_err(|_| CipherFailed)?;
    let private = sec1::write_private(scalar.as_ref(), &public);
    Ok(Parts { key: EcPrivate { curve, signing, agreeing: Lazy::new() }, private, public })
}

impl EcPrivate {
    pub(crate) fn sign(&self, input: &Input<'_>) -> Result<Vec<u8>, SignError> {
        match input {
            Input::Ecdsa(hash, digest) if *hash == self.curve.hash() => {
                let signature = self.signing.sign_digest(digest).map_err(|_| CipherFailed)?;
                Ok(signature.as_ref().to_vec())
            }
            _ => Err(SignError::AlgorithmNotOfKey),
        }
    }

    /// The x-coordinate of the point that both keys reach; the cofactor of these curves is one.
    pub(crate) fn agree(&self, peer: &[u8], pkcs8: &Secret) -> Result<Secret, AgreeError> {
        let algorithm = agreement_algorithm(self.curve).ok_or(AgreeError::NotAgreementKey)?;
        // aws-lc-rs would take a bare point, and bytes behind the key.
        let identifier = PrivateKeySpec::Ec(self.curve).algorithm_identifier();
        let point = pkcs8::read_public(identifier, peer).ok_or(AgreeError::PeerRefused)?;
        if !sec1::is_encoded_point(self.curve.bytes(), point) {
            return Err(AgreeError::PeerRefused);
        }
        let key = self
            .agreeing
            .parsed(|| agreement::PrivateKey::from_private_key_der(algorithm, pkcs8.expose()).ok());
        let key = key.map_err(|_| AgreeError::NotAgreementKey)?;
        agree(key, UnparsedPublicKey::new(algorithm, peer), AgreeError::PeerRefused, |secret| {
            Ok(Secret::new(secret.to_vec()))
        })
    }
}

impl EcPublic {
    pub(crate) fn new(curve: Curve) -> EcPublic {
        EcPublic { curve, verifying: Lazy::new() }
    }

    /// Reads the key, which is otherwise done when it is first needed.
    pub(crate) fn parsed(&self, der: &[u8]) -> Result<&ParsedPublicKey, CipherFailed> {
        let algorithm: &'static EcdsaVerificationAlgorithm = match self.curve {
            Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1,
            Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1,
            Curve::Secp256k1 => &signature::ECDSA_P256K1_SHA256_ASN1,
        };
        self.verifying.parsed(|| ParsedPublicKey::new(algorithm, der).ok())
    }

    pub(crate) fn verify(&self, input: &Input<'_>, signature: &[u8], der: &[u8]) -> Result<(), VerifyError> {
        match input {
            Input::Ecdsa(hash, digest) if *hash == self.curve.hash() => {
                let key = self.parsed(der).map_err(|_| VerifyError::InvalidSignature)?;
                key.verify_digest_sig(digest, signature).map_err(|_| VerifyError::InvalidSignature)
            }
            _ => Err(VerifyError::AlgorithmNotOfKey),
        }
    }
}

fn signing_algorithm(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        Curve::Secp256k1 => &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
    }
}

fn agreement_algorithm(curve: Curve) -> Option<&'static agreement::Algorithm> {
    match curve {
        Curve::P256 => Some(&agreement::ECDH_P256),
        Curve::P384 => Some(&agreement::ECDH_P384),
        Curve::P521 => Some(&agreement::ECDH_P521),
        Curve::Secp256k1 => None,
    }
}
