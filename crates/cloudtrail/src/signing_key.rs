//! The keys that digests are signed with, and how the world knows their public halves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::{
    CipherFailed, Hash, MessageType, NotPrivateKey, PrivateKey, PrivateKeySpec, RsaSize, Secret, Signable,
    SigningAlgorithm,
};
use md5::{Digest as _, Md5};

use crate::log_file::hexadecimal;

const SPEC: PrivateKeySpec = PrivateKeySpec::Rsa(RsaSize::Rsa2048);

/// How long a key signs; the next is made then. What it signed stays verifiable.
const LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// An RSA-2048 key pair of a Region.
pub(crate) struct SigningKey {
    key: PrivateKey,
    public: PublicKeyInfo,
}

/// What ListPublicKeys tells of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKeyInfo {
    /// Base64 of the RSAPublicKey (PKCS #1) in DER.
    pub value: String,
    /// Hexadecimal MD5 of that DER: a name that CloudTrail's clients look it up by, not a proof of anything.
    pub fingerprint: String,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// The bytes are no such key, or it could not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of digests cannot be used")]
pub(crate) struct Unusable;

impl SigningKey {
    /// A fresh key, valid from now on. Takes up to a second.
    pub(crate) fn generate(now: Timestamp) -> Result<SigningKey, Unusable> {
        SigningKey::of(PrivateKey::generate(SPEC).map_err(|_: CipherFailed| Unusable)?, now)
    }

    /// The key that [`SigningKey::stored`] gave, valid from this time on.
    pub(crate) fn open(stored: &Secret, from: Timestamp) -> Result<SigningKey, Unusable> {
        let key = PrivateKey::from_pkcs8(SPEC, stored.expose());
        SigningKey::of(key.map_err(|_: NotPrivateKey| Unusable)?, from)
    }

    fn of(key: PrivateKey, from: Timestamp) -> Result<SigningKey, Unusable> {
        let der = key.public_key().rsa_public_key().ok_or(Unusable)?;
        let (value, fingerprint) = (STANDARD.encode(der), hexadecimal(&Md5::digest(der)));
        let until = from.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        Ok(SigningKey { public: PublicKeyInfo { value, fingerprint, from, until }, key })
    }

    /// What is to be stored, sealed.
    pub(crate) fn stored(&self) -> Secret {
        Secret::new(self.key.pkcs8().expose().to_vec())
    }

    pub(crate) fn public(&self) -> &PublicKeyInfo {
        &self.public
    }

    /// Whether it may sign at this time.
    pub(crate) fn serves(&self, now: Timestamp) -> bool {
        self.public.overlaps(now, now)
    }

    /// The hexadecimal signature of a text.
    pub(crate) fn sign(&self, text: &str) -> Result<String, Unusable> {
        let algorithm = SigningAlgorithm::RsaPkcs1(Hash::Sha256);
        let signable = Signable::new(algorithm, MessageType::Raw, text.as_bytes()).map_err(|_| Unusable)?;
        Ok(hexadecimal(&self.key.sign(&signable).map_err(|_| Unusable)?))
    }
}

impl PublicKeyInfo {
    /// Whether it is valid at some time from `start` to `end`, both included.
    pub(crate) fn overlaps(&self, start: Timestamp, end: Timestamp) -> bool {
        self.from <= end && start < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digits = hexadecimal.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    #[test]
    fn a_signature_verifies_under_the_public_key_that_is_told() {
        let key = SigningKey::generate(Timestamp::UNIX_EPOCH).unwrap();
        let der = STANDARD.decode(&key.public().value).unwrap();
        assert!(key.public().value.starts_with("MIIBCgKC"));
        assert_eq!(key.public().fingerprint, hexadecimal(&Md5::digest(&der)));
        let signature = bytes(&key.sign("text").unwrap());
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der);
        assert!(public.verify(b"text", &signature).is_ok() && public.verify(b"texT", &signature).is_err());
        let again = SigningKey::open(&key.stored(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((again.public(), again.sign("text")), (key.public(), key.sign("text")));
    }

    #[test]
    fn a_fingerprint_is_the_md5_of_the_key() {
        assert_eq!(hexadecimal(&Md5::digest(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn a_key_signs_for_a_year_and_is_told_for_every_time_that_it_was_valid_at() {
        let key = SigningKey::generate(Timestamp::UNIX_EPOCH).unwrap();
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        assert!(key.serves(day(0)) && key.serves(day(364)) && !key.serves(day(365)) && !key.serves(day(-1)));
        let public = key.public();
        assert!(public.overlaps(day(-9), day(0)) && public.overlaps(day(364), day(900)));
        assert!(!public.overlaps(day(-9), day(-1)) && !public.overlaps(day(365), day(900)));
    }
}
