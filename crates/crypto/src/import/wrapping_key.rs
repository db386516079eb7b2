//! The keys that material is wrapped to.

use super::wrapping::{WrappingAlgorithm, WrappingKeySpec};
use crate::{CipherFailed, EncryptionAlgorithm, NotPrivateKey, PrivateKey, Secret};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use zeroize::Zeroizing;

/// Bytes of the key that `RSA_AES_KEY_WRAP` has in front.
const AES_KEY_BYTES: usize = 32;

/// A key pair that unwraps what is wrapped to its public half.
pub struct WrappingKey {
    spec: WrappingKeySpec,
    key: PrivateKey,
}

/// The bytes are nothing that was wrapped to this key in this way: why, is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key material cannot be unwrapped")]
pub struct CannotUnwrap;

impl WrappingKey {
    /// A fresh key. RSA takes up to a second: whoever calls decides on which thread.
    pub fn generate(spec: WrappingKeySpec) -> Result<WrappingKey, CipherFailed> {
        Ok(WrappingKey { spec, key: PrivateKey::generate(spec.private_key())? })
    }

    /// A key that was kept as [`WrappingKey::pkcs8`] gave it.
    pub fn from_pkcs8(spec: WrappingKeySpec, bytes: &[u8]) -> Result<WrappingKey, NotPrivateKey> {
        Ok(WrappingKey { spec, key: PrivateKey::from_pkcs8(spec.private_key(), bytes)? })
    }

    /// Of what kind and size it is.
    pub fn spec(&self) -> WrappingKeySpec {
        self.spec
    }

    /// The PKCS#8 in DER, to be kept.
    pub fn pkcs8(&self) -> &Secret {
        self.key.pkcs8()
    }

    /// The SubjectPublicKeyInfo of its public half, in DER.
    pub fn public_key_der(&self) -> &[u8] {
        self.key.public_key().der()
    }

    /// The material that was wrapped, not yet looked at.
    pub fn unwrap(&self, algorithm: WrappingAlgorithm, wrapped: &[u8]) -> Result<Secret, CannotUnwrap> {
        match (algorithm, self.spec) {
            (WrappingAlgorithm::Direct(algorithm), _) => self.decrypt(algorithm, wrapped),
            (WrappingAlgorithm::RsaAesKeyWrap(oaep), WrappingKeySpec::Rsa(size)) => {
                let (wrapped_key, material) = wrapped.split_at_checked(size.bytes()).ok_or(CannotUnwrap)?;
                let key = self.decrypt(EncryptionAlgorithm::RsaesOaep(oaep), wrapped_key)?;
                unwrap_with_aes(&key, material)
            }
            (WrappingAlgorithm::RsaAesKeyWrap(_), WrappingKeySpec::Sm2) => Err(CannotUnwrap),
        }
    }

    fn decrypt(&self, algorithm: EncryptionAlgorithm, ciphertext: &[u8]) -> Result<Secret, CannotUnwrap> {
        self.key.decrypt(algorithm, ciphertext).map_err(|_| CannotUnwrap)
    }
}

/// AES-KWP (RFC 5649) under a key of 256 bits.
fn unwrap_with_aes(key: &Secret, wrapped: &[u8]) -> Result<Secret, CannotUnwrap> {
    if key.len() != AES_KEY_BYTES {
        return Err(CannotUnwrap);
    }
    let key = AesKek::new(&AES_256, key.expose()).map_err(|_| CannotUnwrap)?;
    let mut buffer = Zeroizing::new(vec![0; wrapped.len()]);
    let material = key.unwrap_with_padding(wrapped, &mut buffer).map_err(|_| CannotUnwrap)?;
    Ok(Secret::new(material.to_vec()))
}
