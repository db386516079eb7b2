//! Public keys: verifying, encrypting, encapsulating.

use super::ec::EcPublic;
use super::ed25519::Ed25519Public;
use super::encryption::{AsymmetricEncryptError, EncryptionAlgorithm};
use super::ml_dsa::MlDsaPublic;
use super::ml_kem::{EncapsulateError, Encapsulated, MlKemPublic};
use super::pkcs8;
use super::rsa::{self, RsaPublic};
use super::sec1;
use super::signing::{Signable, VerifyError};
use super::sm2::Sm2Public;
use super::spec::PrivateKeySpec;

/// The public half of a [`PrivateKey`](super::PrivateKey), to be shared between threads. What an operation needs of it is
/// parsed the first time, and kept.
pub struct PublicKey {
    spec: PrivateKeySpec,
    der: Vec<u8>,
    form: Form,
}

enum Form {
    // With all its forms it is much larger than the others.
    Rsa(Box<RsaPublic>),
    Ec(EcPublic),
    Ed25519(Ed25519Public),
    MlDsa(MlDsaPublic),
    MlKem(MlKemPublic),
    Sm2(Box<Sm2Public>),
}

/// The bytes are no public key of the spec, or not in the one form that [`PublicKey::der`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no public key of this spec")]
pub struct NotPublicKey;

impl PublicKey {
    /// Reads what [`PublicKey::der`] gave.
    pub fn from_der(spec: PrivateKeySpec, der: &[u8]) -> Result<PublicKey, NotPublicKey> {
        let public = pkcs8::read_public(spec.algorithm_identifier(), der).ok_or(NotPublicKey)?;
        let is_sized = match spec {
            PrivateKeySpec::Rsa(size) => rsa::is_public_of(size, public),
            PrivateKeySpec::Ec(curve) => sec1::is_public(curve.bytes(), public),
            PrivateKeySpec::Ed25519
            | PrivateKeySpec::MlDsa(_)
            | PrivateKeySpec::MlKem(_)
            | PrivateKeySpec::Sm2 => Some(()),
        };
        let key = is_sized.and_then(|()| PublicKey::new(spec, public)).ok_or(NotPublicKey)?;
        key.is_parsed().then_some(key).ok_or(NotPublicKey)
    }

    /// The key of these bytes, which a private key gave.
    pub(crate) fn new(spec: PrivateKeySpec, public: &[u8]) -> Option<PublicKey> {
        let form = match spec {
            PrivateKeySpec::Rsa(size) => Form::Rsa(Box::new(RsaPublic::new(size))),
            PrivateKeySpec::Ec(curve) => Form::Ec(EcPublic::new(curve)),
            PrivateKeySpec::Ed25519 => Form::Ed25519(Ed25519Public::new(public)?),
            PrivateKeySpec::MlDsa(set) => Form::MlDsa(MlDsaPublic::new(set)),
            PrivateKeySpec::MlKem(set) => Form::MlKem(MlKemPublic::new(set)),
            PrivateKeySpec::Sm2 => Form::Sm2(Box::new(Sm2Public::new(public)?)),
        };
        Some(PublicKey { spec, der: pkcs8::write_public(spec.algorithm_identifier(), public), form })
    }

    /// Of what kind and size it is.
    pub fn spec(&self) -> PrivateKeySpec {
        self.spec
    }

    /// The SubjectPublicKeyInfo (RFC 5280) in DER; points are not compressed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The RSAPublicKey (RFC 8017, A.1.1) in DER, of RSA keys only.
    pub fn rsa_public_key(&self) -> Option<&[u8]> {
        match self.form {
            Form::Rsa(_) => pkcs8::read_public(self.spec.algorithm_identifier(), &self.der),
            Form::Ec(_) | Form::Ed25519(_) | Form::MlDsa(_) | Form::MlKem(_) | Form::Sm2(_) => None,
        }
    }

    /// That `signature` is one of the private half over these bytes.
    pub fn verify(&self, signable: &Signable<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        match &self.form {
            Form::Rsa(key) => key.verify(&signable.input, signature, &self.der),
            Form::Ec(key) => key.verify(&signable.input, signature, &self.der),
            Form::Ed25519(key) => key.verify(&signable.input, signature),
            Form::MlDsa(key) => key.verify(&signable.input, signature, &self.der),
            Form::Sm2(key) => key.verify(&signable.input, signature),
            Form::MlKem(_) => Err(VerifyError::AlgorithmNotOfKey),
        }
    }

    /// The ciphertext: of RSA-OAEP as long as the modulus, of SM2 about a hundred bytes longer than the plaintext.
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, AsymmetricEncryptError> {
        match (&self.form, algorithm) {
            (Form::Rsa(key), EncryptionAlgorithm::RsaesOaep(oaep)) => {
                match oaep.plaintext_bytes_max(key.size()) {
                    bytes_max if plaintext.len() <= bytes_max => Ok(key.encrypt(oaep, plaintext, &self.der)?),
                    bytes_max => Err(AsymmetricEncryptError::PlaintextTooLong { bytes_max }),
                }
            }
            (Form::Sm2(key), EncryptionAlgorithm::Sm2Pke) => Ok(key.encrypt(plaintext)?),
            (
                Form::Rsa(_)
                | Form::Ec(_)
                | Form::Ed25519(_)
                | Form::MlDsa(_)
                | Form::MlKem(_)
                | Form::Sm2(_),
                _,
            ) => Err(AsymmetricEncryptError::AlgorithmNotOfKey),
        }
    }

    /// A fresh shared secret of ML-KEM.
    pub fn encapsulate(&self) -> Result<Encapsulated, EncapsulateError> {
        match &self.form {
            Form::MlKem(key) => key.encapsulate(&self.der),
            Form::Rsa(_) | Form::Ec(_) | Form::Ed25519(_) | Form::MlDsa(_) | Form::Sm2(_) => {
                Err(EncapsulateError::NotMlKem)
            }
        }
    }

    fn is_parsed(&self) -> bool {
        match &self.form {
            Form::Rsa(key) => key.encrypting(&self.der).is_ok(),
            Form::Ec(key) => key.parsed(&self.der).is_ok(),
            Form::Ed25519(key) => key.parsed().is_ok(),
            Form::MlDsa(key) => key.parsed(&self.der).is_ok(),
            Form::MlKem(key) => key.parsed(&self.der).is_ok(),
            // It was read when it was made.
            Form::Sm2(_) => true,
        }
    }
}
