//! RSA keys: signing with both paddings, and encryption with OAEP.

use super::Parts;
use super::der::{INTEGER, Reader, SEQUENCE, only};
use super::encryption::Oaep;
use super::lazy::Lazy;
use super::pkcs8;
use super::signing::{Hash, Input, SignError, VerifyError};
use super::spec::{PrivateKeySpec, RsaSize};
use crate::{CipherFailed, InvalidCiphertext, Secret};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeySize, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, KeyPair, ParsedPublicKey, RsaKeyPair, RsaParameters, RsaSignatureEncoding};
use zeroize::Zeroizing;

/// What stands behind the version of an RSAPrivateKey, the modulus first (RFC 8017, A.1.2).
const INTEGERS: usize = 8;
const TOP_BIT: u8 = 0x80;

/// A private key, ready to sign.
pub(crate) struct RsaPrivate {
    size: RsaSize,
    signing: RsaKeyPair,
    decrypting: Lazy<OaepPrivateDecryptingKey>,
}

/// A public key, in each form that was needed.
pub(crate) struct RsaPublic {
    size: RsaSize,
    pkcs1: [Lazy<ParsedPublicKey>; 3],
    pss: [Lazy<ParsedPublicKey>; 3],
    encrypting: Lazy<OaepPublicEncryptingKey>,
}

/// A fresh key; this takes up to a second.
pub(crate) fn generate(size: RsaSize) -> Result<Parts<RsaPrivate>, CipherFailed> {
    let key_size = match size {
        RsaSize::Rsa2048 => KeySize::Rsa2048,
        RsaSize::Rsa3072 => KeySize::Rsa3072,
        RsaSize::Rsa4096 => KeySize::Rsa4096,
    };
    let signing = RsaKeyPair::generate(key_size).map_err(|_| CipherFailed)?;
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&signing).map_err(|_| CipherFailed)?;
    let info = pkcs8::read_private(PrivateKeySpec::Rsa(size).algorithm_identifier(), pkcs8.as_ref());
    Ok(parts(size, signing, info.ok_or(CipherFailed)?.private))
}

/// The key of an RSAPrivateKey in DER, when it has two primes and its modulus exactly this size.
pub(crate) fn parse(size: RsaSize, private: Zeroizing<Vec<u8>>) -> Option<Parts<RsaPrivate>> {
    let mut fields = Reader::new(only(SEQUENCE, &private)?);
    let version = fields.take(INTEGER)?;
    let modulus = fields.take_positive()?;
    // aws-lc takes keys without primes, with zeros in their place.
    for _ in 1..INTEGERS {
        fields.take_positive()?;
    }
    fields.finish()?;
    let is_exact = version == [0] && is_of_size(modulus, size);
    let signing = is_exact.then(|| RsaKeyPair::from_der(&private).ok())??;
    Some(parts(size, signing, private))
}

fn parts(size: RsaSize, signing: RsaKeyPair, private: Zeroizing<Vec<u8>>) -> Parts<RsaPrivate> {
    let public = signing.public_key().as_ref().to_vec();
    Parts { key: RsaPrivate { size, signing, decrypting: Lazy::new() }, private, public }
}

/// Whether an RSAPublicKey in DER has a modulus of this size.
pub(crate) fn is_public_of(size: RsaSize, public: &[u8]) -> Option<()> {
    let mut fields = Reader::new(only(SEQUENCE, public)?);
    let modulus = fields.take_positive()?;
    fields.take_positive()?;
    fields.finish()?;
    is_of_size(modulus, size).then_some(())
}

fn is_of_size(modulus: &[u8], size: RsaSize) -> bool {
    modulus.len() == size.bytes() && modulus[0] & TOP_BIT != 0
}

impl RsaPrivate {
    pub(crate) fn sign(&self, input: &Input<'_>) -> Result<Vec<u8>, SignError> {
        let (encoding, digest): (&'static RsaSignatureEncoding, _) = match input {
            Input::RsaPkcs1(Hash::Sha256, digest) => (&signature::RSA_PKCS1_SHA256, digest),
            Input::RsaPkcs1(Hash::Sha384, digest) => (&signature::RSA_PKCS1_SHA384, digest),
            Input::RsaPkcs1(Hash::Sha512, digest) => (&signature::RSA_PKCS1_SHA512, digest),
            Input::RsaPss(Hash::Sha256, digest) => (&signature::RSA_PSS_SHA256, digest),
            Input::RsaPss(Hash::Sha384, digest) => (&signature::RSA_PSS_SHA384, digest),
            Input::RsaPss(Hash::Sha512, digest) => (&signature::RSA_PSS_SHA512, digest),
            _ => return Err(SignError::AlgorithmNotOfKey),
        };
        let mut signature = vec![0; self.size.bytes()];
        self.signing.sign_digest(encoding, digest, &mut signature).map_err(|_| CipherFailed)?;
        Ok(signature)
    }

    pub(crate) fn decrypt(
        &self,
        oaep: Oaep,
        ciphertext: &[u8],
        pkcs8: &Secret,
    ) -> Result<Secret, InvalidCiphertext> {
        let key = self.decrypting.parsed(|| {
            let key = PrivateDecryptingKey::from_pkcs8(pkcs8.expose()).ok()?;
            OaepPrivateDecryptingKey::new(key).ok()
        });
        let key = key.map_err(|_| InvalidCiphertext)?;
        let mut buffer = Zeroizing::new(vec![0; self.size.bytes()]);
        let plaintext =
            key.decrypt(oaep.parameters(), ciphertext, &mut buffer, None).map_err(|_| InvalidCiphertext)?;
        Ok(Secret::new(plaintext.to_vec()))
    }
}

impl RsaPublic {
    pub(crate) fn new(size: RsaSize) -> RsaPublic {
        let none = || [const { Lazy::new() }; 3];
        RsaPublic { size, pkcs1: none(), pss: none(), encrypting: Lazy::new() }
    }

    pub(crate) fn size(&self) -> RsaSize {
        self.size
    }

    pub(crate) fn verify(&self, input: &Input<'_>, signature: &[u8], der: &[u8]) -> Result<(), VerifyError> {
        let (form, parameters, digest): (_, &'static RsaParameters, _) = match input {
            Input::RsaPkcs1(Hash::Sha256, digest) => {
                (&self.pkcs1[0], &signature::RSA_PKCS1_2048_8192_SHA256, digest)
            }
            Input::RsaPkcs1(Hash::Sha384, digest) => {
                (&self.pkcs1[1], &signature::RSA_PKCS1_2048_8192_SHA384, digest)
            }
            Input::RsaPkcs1(Hash::Sha512, digest) => {
                (&self.pkcs1[2], &signature::RSA_PKCS1_2048_8192_SHA512, digest)
            }
            Input::RsaPss(Hash::Sha256, digest) => {
                (&self.pss[0], &signature::RSA_PSS_2048_8192_SHA256, digest)
            }
            Input::RsaPss(Hash::Sha384, digest) => {
                (&self.pss[1], &signature::RSA_PSS_2048_8192_SHA384, digest)
            }
            Input::RsaPss(Hash::Sha512, digest) => {
                (&self.pss[2], &signature::RSA_PSS_2048_8192_SHA512, digest)
            }
            _ => return Err(VerifyError::AlgorithmNotOfKey),
        };
        let key = form.parsed(|| ParsedPublicKey::new(parameters, der).ok());
        key.map_err(|_| VerifyError::InvalidSignature)?
            .verify_digest_sig(digest, signature)
            .map_err(|_| VerifyError::InvalidSignature)
    }

    /// Reads the key for encryption, which is otherwise done when it is first needed.
    pub(crate) fn encrypting(&self, der: &[u8]) -> Result<&OaepPublicEncryptingKey, CipherFailed> {
        self.encrypting.parsed(|| {
            let key = PublicEncryptingKey::from_der(der).ok()?;
            OaepPublicEncryptingKey::new(key).ok()
        })
    }

    pub(crate) fn encrypt(&self, oaep: Oaep, plaintext: &[u8], der: &[u8]) -> Result<Vec<u8>, CipherFailed> {
        let key = self.encrypting(der)?;
        let mut ciphertext = vec![0; self.size.bytes()];
        key.encrypt(oaep.parameters(), plaintext, &mut ciphertext, None).map_err(|_| CipherFailed)?;
        Ok(ciphertext)
    }
}
