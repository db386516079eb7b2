//! Private keys: making, keeping and reading them, and what each kind can do.

use super::ec::{self, AgreeError, EcPrivate};
use super::ed25519::{self, Ed25519Private};
use super::encryption::{AsymmetricDecryptError, EncryptionAlgorithm};
use super::ml_dsa::{self, MlDsaPrivate};
use super::ml_kem::{self, DecapsulateError, MlKemPrivate};
use super::pkcs8;
use super::public_key::PublicKey;
use super::rsa::{self, RsaPrivate};
use super::signing::{SignError, Signable};
use super::sm2::{self, Sm2Private};
use super::spec::PrivateKeySpec;
use crate::derived::{Label, fingerprint};
use crate::material_id::named_key;
use crate::{CipherFailed, MaterialId, Secret};
use claviger_names::KeyId;
use zeroize::Zeroizing;

const MATERIAL_ID: Label = Label::new(b"claviger-pub-1");

/// A private key and its public half, parsed and checked once, to be shared between threads.
pub struct PrivateKey {
    spec: PrivateKeySpec,
    half: Half,
    pkcs8: Secret,
    public: PublicKey,
}

enum Half {
    Rsa(RsaPrivate),
    Ec(EcPrivate),
    Ed25519(Ed25519Private),
    MlDsa(MlDsaPrivate),
    MlKem(MlKemPrivate),
    Sm2(Sm2Private),
}

/// What the module of a kind of key gives of one: the key, its private half in DER and its public half in bits, each as
/// the standard of that kind has it.
pub(crate) struct Parts<K> {
    pub(crate) key: K,
    pub(crate) private: Zeroizing<Vec<u8>>,
    pub(crate) public: Vec<u8>,
}

/// The bytes are no private key of the spec: why, is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no private key of this spec")]
pub struct NotPrivateKey;

impl PrivateKey {
    /// A fresh key. RSA takes up to a second: whoever calls decides on which thread.
    pub fn generate(spec: PrivateKeySpec) -> Result<PrivateKey, CipherFailed> {
        let parts = match spec {
            PrivateKeySpec::Rsa(size) => rsa::generate(size)?.map(Half::Rsa),
            PrivateKeySpec::Ec(curve) => ec::generate(curve)?.map(Half::Ec),
            PrivateKeySpec::Ed25519 => ed25519::generate()?.map(Half::Ed25519),
            PrivateKeySpec::MlDsa(set) => ml_dsa::generate(set)?.map(Half::MlDsa),
            PrivateKeySpec::MlKem(set) => ml_kem::generate(set)?.map(Half::MlKem),
            PrivateKeySpec::Sm2 => sm2::generate()?.map(Half::Sm2),
        };
        PrivateKey::assemble(spec, parts).ok_or(CipherFailed)
    }

    /// The key of a PKCS#8 in BER or DER: exactly of this spec, on a named curve, with two primes, ML-DSA and ML-KEM as a
    /// seed. A public half in it must be the one of the private half.
    pub fn from_pkcs8(spec: PrivateKeySpec, bytes: &[u8]) -> Result<PrivateKey, NotPrivateKey> {
        PrivateKey::read(spec, bytes).ok_or(NotPrivateKey)
    }

    fn read(spec: PrivateKeySpec, bytes: &[u8]) -> Option<PrivateKey> {
        let info = pkcs8::read_private(spec.algorithm_identifier(), bytes)?;
        let parts = match (spec, info.public) {
            (PrivateKeySpec::Ed25519, public) => {
                ed25519::parse(&info.private, public.as_deref())?.map(Half::Ed25519)
            }
            (_, Some(_)) => return None,
            (PrivateKeySpec::Rsa(size), None) => rsa::parse(size, info.private)?.map(Half::Rsa),
            (PrivateKeySpec::Ec(curve), None) => ec::parse(curve, &info.private)?.map(Half::Ec),
            (PrivateKeySpec::MlDsa(set), None) => ml_dsa::parse(set, &info.private)?.map(Half::MlDsa),
            (PrivateKeySpec::MlKem(set), None) => ml_kem::parse(set, &info.private)?.map(Half::MlKem),
            (PrivateKeySpec::Sm2, None) => sm2::parse(&info.private)?.map(Half::Sm2),
        };
        PrivateKey::assemble(spec, parts)
    }

    fn assemble(spec: PrivateKeySpec, parts: Parts<Half>) -> Option<PrivateKey> {
        let pkcs8 = pkcs8::write_private(spec.algorithm_identifier(), &parts.private);
        let public = PublicKey::new(spec, &parts.public)?;
        Some(PrivateKey { spec, half: parts.key, pkcs8, public })
    }

    /// Of what kind and size it is.
    pub fn spec(&self) -> PrivateKeySpec {
        self.spec
    }

    /// The PKCS#8 (RFC 5958, version 1) in DER, to be stored or given away: one form for each key, whatever form it was
    /// imported in. ML-DSA and ML-KEM keys stand in it as their seeds.
    pub fn pkcs8(&self) -> &Secret {
        &self.pkcs8
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The public name of this key pair as the material of `key`: one for each pair of the two, in every Region alike.
    ///
    /// It is derived from the public half, and so tells nothing about the private one.
    #[expect(
        clippy::expect_used,
        reason = "KBKDF refuses only an empty secret or output, and neither is empty"
    )]
    pub fn id_for(&self, key: &KeyId) -> MaterialId {
        let public = Secret::new(self.public.der().to_vec());
        let id = fingerprint(&public, MATERIAL_ID, &named_key(key));
        MaterialId::from_bytes(id.expect("a public key is not empty"))
    }

    /// The signature: DER for ECDSA and SM2, otherwise the bytes of the algorithm's standard.
    pub fn sign(&self, signable: &Signable<'_>) -> Result<Vec<u8>, SignError> {
        match &self.half {
            Half::Rsa(key) => key.sign(&signable.input),
            Half::Ec(key) => key.sign(&signable.input),
            Half::Ed25519(key) => key.sign(&signable.input),
            Half::MlDsa(key) => key.sign(&signable.input, &self.pkcs8),
            Half::Sm2(key) => key.sign(&signable.input),
            Half::MlKem(_) => Err(SignError::AlgorithmNotOfKey),
        }
    }

    /// The plaintext of RSA-OAEP or of SM2.
    pub fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Secret, AsymmetricDecryptError> {
        match (&self.half, algorithm) {
            (Half::Rsa(key), EncryptionAlgorithm::RsaesOaep(oaep)) => {
                Ok(key.decrypt(oaep, ciphertext, &self.pkcs8)?)
            }
            (Half::Sm2(key), EncryptionAlgorithm::Sm2Pke) => Ok(key.decrypt(ciphertext)?),
            (
                Half::Rsa(_)
                | Half::Ec(_)
                | Half::Ed25519(_)
                | Half::MlDsa(_)
                | Half::MlKem(_)
                | Half::Sm2(_),
                _,
            ) => Err(AsymmetricDecryptError::AlgorithmNotOfKey),
        }
    }

    /// The raw x-coordinate that ECDH (SP 800-56A, with cofactor) gives with the key in this SubjectPublicKeyInfo, in as
    /// many bytes as a coordinate of the curve has.
    pub fn agree(&self, peer: &[u8]) -> Result<Secret, AgreeError> {
        match &self.half {
            Half::Ec(key) => key.agree(peer, &self.pkcs8),
            Half::Sm2(key) => key.agree(peer),
            Half::Rsa(_) | Half::Ed25519(_) | Half::MlDsa(_) | Half::MlKem(_) => {
                Err(AgreeError::NotAgreementKey)
            }
        }
    }

    /// The 32 bytes that ML-KEM gives for this ciphertext: for one that was not made for this key, bytes that nobody knows.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<Secret, DecapsulateError> {
        match &self.half {
            Half::MlKem(key) => key.decapsulate(ciphertext),
            Half::Rsa(_) | Half::Ec(_) | Half::Ed25519(_) | Half::MlDsa(_) | Half::Sm2(_) => {
                Err(DecapsulateError::NotMlKem)
            }
        }
    }
}

impl<K> Parts<K> {
    fn map<T>(self, wrap: impl FnOnce(K) -> T) -> Parts<T> {
        Parts { key: wrap(self.key), private: self.private, public: self.public }
    }
}
