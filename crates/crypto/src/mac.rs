//! HMAC keys: making, keeping and importing them, and tags.

use crate::derived::{Label, fingerprint};
use crate::material_id::named_key;
use crate::{MaterialId, Random, RandomnessFailed, Secret};
use aws_lc_rs::hmac;
use claviger_names::KeyId;
use std::ops::RangeInclusive;

/// The longest key that is imported.
const KEY_BYTES_MAX: usize = 128;

const MATERIAL_ID: Label = Label::new(b"claviger-mac-1");

/// Of what size an HMAC key is; each has one algorithm, with a hash of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacSpec {
    /// HMAC with SHA-224.
    Hmac224,
    /// HMAC with SHA-256.
    Hmac256,
    /// HMAC with SHA-384.
    Hmac384,
    /// HMAC with SHA-512.
    Hmac512,
}

/// A secret key for HMAC (FIPS 198-1), to be shared between threads.
pub struct MacKey {
    spec: MacSpec,
    secret: Secret,
    // Both hash states stand in it: 1200 bytes that moving the key would copy.
    key: Box<hmac::Key>,
}

/// A secret of another length than keys of the spec have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key of this spec has {bytes_min} to {KEY_BYTES_MAX} bytes")]
pub struct NotMacKey {
    /// The shortest that it may be.
    pub bytes_min: usize,
}

/// The tag is not that of the message: why, is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tag is invalid")]
pub struct InvalidMac;

impl MacSpec {
    /// Every one.
    pub const ALL: [MacSpec; 4] = [MacSpec::Hmac224, MacSpec::Hmac256, MacSpec::Hmac384, MacSpec::Hmac512];

    /// What AWS calls the key spec, such as `HMAC_256`.
    pub const fn name(self) -> &'static str {
        match self {
            MacSpec::Hmac224 => "HMAC_224",
            MacSpec::Hmac256 => "HMAC_256",
            MacSpec::Hmac384 => "HMAC_384",
            MacSpec::Hmac512 => "HMAC_512",
        }
    }

    /// What AWS calls its one algorithm, such as `HMAC_SHA_256`.
    pub const fn algorithm_name(self) -> &'static str {
        match self {
            MacSpec::Hmac224 => "HMAC_SHA_224",
            MacSpec::Hmac256 => "HMAC_SHA_256",
            MacSpec::Hmac384 => "HMAC_SHA_384",
            MacSpec::Hmac512 => "HMAC_SHA_512",
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<MacSpec> {
        MacSpec::ALL.into_iter().find(|spec| spec.name() == name)
    }

    /// Bytes of a tag, and of a generated key.
    pub const fn bytes(self) -> usize {
        match self {
            MacSpec::Hmac224 => 28,
            MacSpec::Hmac256 => 32,
            MacSpec::Hmac384 => 48,
            MacSpec::Hmac512 => 64,
        }
    }

    /// How many bytes an imported key may have.
    pub const fn key_bytes(self) -> RangeInclusive<usize> {
        self.bytes()..=KEY_BYTES_MAX
    }

    fn algorithm(self) -> hmac::Algorithm {
        match self {
            MacSpec::Hmac224 => hmac::HMAC_SHA224,
            MacSpec::Hmac256 => hmac::HMAC_SHA256,
            MacSpec::Hmac384 => hmac::HMAC_SHA384,
            MacSpec::Hmac512 => hmac::HMAC_SHA512,
        }
    }
}

impl MacKey {
    /// A fresh key, as long as its tags.
    pub fn generate(spec: MacSpec, random: &dyn Random) -> Result<MacKey, RandomnessFailed> {
        Ok(MacKey::new(spec, Secret::random(spec.bytes(), random)?))
    }

    /// A key that was imported, or stored before.
    pub fn from_secret(spec: MacSpec, secret: Secret) -> Result<MacKey, NotMacKey> {
        match spec.key_bytes().contains(&secret.len()) {
            true => Ok(MacKey::new(spec, secret)),
            false => Err(NotMacKey { bytes_min: spec.bytes() }),
        }
    }

    fn new(spec: MacSpec, secret: Secret) -> MacKey {
        let key = Box::new(hmac::Key::new(spec.algorithm(), secret.expose()));
        MacKey { spec, secret, key }
    }

    /// Of what size it is.
    pub fn spec(&self) -> MacSpec {
        self.spec
    }

    /// The bytes, to be stored.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The public name of this key as the material of `key`: one for each pair of the two, in every Region alike.
    ///
    /// It is derived from both one way, and so tells nothing about the material.
    #[expect(
        clippy::expect_used,
        reason = "KBKDF refuses only an empty secret or output, and neither is empty"
    )]
    pub fn id_for(&self, key: &KeyId) -> MaterialId {
        // HMAC takes a key and the same with zeros behind it for one: the length tells them apart.
        let named = [&named_key(key)[..], &[self.secret.len() as u8]].concat();
        let id = fingerprint(&self.secret, MATERIAL_ID, &named);
        MaterialId::from_bytes(id.expect("the key is not empty"))
    }

    /// The whole tag of a message.
    pub fn tag(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }

    /// That `tag` is the whole tag of the message, found in the same time whatever differs.
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), InvalidMac> {
        hmac::verify(&self.key, message, tag).map_err(|_| InvalidMac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    const KEY: KeyId = KeyId::SingleRegion([7; 16]);

    #[test]
    fn a_generated_key_and_its_tags_are_as_long_as_the_spec_says() {
        for spec in MacSpec::ALL {
            let key = MacKey::generate(spec, &SystemRandom).unwrap();
            let tag = key.tag(b"message");
            assert_eq!((key.secret().len(), tag.len()), (spec.bytes(), spec.bytes()));
            assert_eq!(MacSpec::from_name(spec.name()), Some(spec));
            assert_eq!(spec.algorithm_name().replace("SHA_", ""), spec.name());
            assert_eq!(key.verify(b"message", &tag), Ok(()));
            assert_eq!(key.verify(b"massage", &tag), Err(InvalidMac));
            assert_eq!(key.verify(b"message", &tag[1..]), Err(InvalidMac));
            assert_eq!(key.verify(b"message", &[]), Err(InvalidMac));
        }
    }

    #[test]
    fn an_imported_key_has_at_least_the_bits_of_its_spec_and_at_most_1024() {
        for (spec, bytes_min) in MacSpec::ALL.into_iter().zip([28, 32, 48, 64]) {
            for (bytes, is_key) in [(bytes_min - 1, false), (bytes_min, true), (128, true), (129, false)] {
                let key = MacKey::from_secret(spec, Secret::new(vec![1; bytes]));
                assert_eq!(key.err(), (!is_key).then_some(NotMacKey { bytes_min }), "{spec:?} {bytes}");
            }
        }
    }

    #[test]
    fn keys_that_hmac_takes_for_one_have_two_ids() {
        let key = |bytes: Vec<u8>| MacKey::from_secret(MacSpec::Hmac256, Secret::new(bytes)).unwrap();
        let (short, padded) = (key(vec![9; 32]), key([[9; 32], [0; 32]].concat()));
        assert_eq!(short.tag(b"m"), padded.tag(b"m"));
        assert_ne!(short.id_for(&KEY), padded.id_for(&KEY));
        assert_eq!(short.id_for(&KEY), key(vec![9; 32]).id_for(&KEY));
        assert_ne!(short.id_for(&KEY), short.id_for(&KeyId::MultiRegion([7; 16])));
    }
}
