//! Authenticated encryption under a key that is derived for one message and used once, committing to all it depends on.
//!
//! From a secret, a label and the associated data that the caller chose, SP 800-108 derives an AES-256-GCM key and a
//! commitment; `docs/ciphertext-format.md` specifies it and says why. The associated data must hold
//! [`NONCE_BYTES`] fresh random bytes: they are what makes the derived key unique.

use crate::{InvalidCiphertext, Secret};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use zeroize::Zeroizing;

/// Random bytes that the associated data of each message holds.
pub const NONCE_BYTES: usize = 32;
/// Bytes of a fingerprint.
pub const FINGERPRINT_BYTES: usize = 32;
/// What sealing adds to the plaintext: the commitment before it, the tag behind it.
pub const OVERHEAD_BYTES: usize = COMMITMENT_BYTES + TAG_BYTES;

const LABEL_BYTES: usize = 14;
const KEY_BYTES: usize = 32;
const COMMITMENT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;
const DERIVED_BYTES: usize = KEY_BYTES + COMMITMENT_BYTES;
// Label, a zero byte, the digest of the associated data, and the length of the output in bits.
const FIXED_INFO_BYTES: usize = LABEL_BYTES + 1 + DIGEST_BYTES + size_of::<u32>();

/// What a derived key is for: keys under different labels have nothing to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(&'static [u8; LABEL_BYTES]);

/// The cryptographic library refused a key or a length that it should take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CipherFailed;

impl Label {
    /// A label of exactly this many bytes, so that none is the beginning of another.
    pub const fn new(text: &'static [u8; LABEL_BYTES]) -> Label {
        Label(text)
    }
}

/// Appends commitment, ciphertext and tag of `plaintext` to `sealed`, bound to `label` and `associated`.
pub fn seal(
    secret: &Secret,
    label: Label,
    associated: &[u8],
    plaintext: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), CipherFailed> {
    let keys = derive::<DERIVED_BYTES>(secret, label, associated).map_err(|_| CipherFailed)?;
    let (key, commitment) = keys.split_at(KEY_BYTES);
    sealed.reserve_exact(plaintext.len() + OVERHEAD_BYTES);
    sealed.extend_from_slice(commitment);
    let start = sealed.len();
    sealed.resize(start + plaintext.len() + TAG_BYTES, 0);
    let (ciphertext, tag) = sealed[start..].split_at_mut(plaintext.len());
    cipher(key)
        .and_then(|cipher| {
            cipher.seal_out_of_place_scatter(once(), Aad::from(associated), plaintext, ciphertext, &[], tag)
        })
        .map_err(|_| CipherFailed)
}

/// The plaintext of what [`seal`] appended, given the same secret, label and associated data.
pub fn open(
    secret: &Secret,
    label: Label,
    associated: &[u8],
    sealed: &[u8],
) -> Result<Secret, InvalidCiphertext> {
    let plaintext_bytes = sealed.len().checked_sub(OVERHEAD_BYTES).ok_or(InvalidCiphertext)?;
    let (given, rest) = sealed.split_at(COMMITMENT_BYTES);
    let (ciphertext, tag) = rest.split_at(plaintext_bytes);
    let keys = derive::<DERIVED_BYTES>(secret, label, associated).map_err(|_| InvalidCiphertext)?;
    let (key, commitment) = keys.split_at(KEY_BYTES);
    verify_slices_are_equal(commitment, given).map_err(|_| InvalidCiphertext)?;
    let mut plaintext = Zeroizing::new(vec![0; plaintext_bytes]);
    cipher(key)
        .and_then(|cipher| {
            cipher.open_separate_gather(once(), Aad::from(associated), ciphertext, tag, &mut plaintext)
        })
        .map_err(|_| InvalidCiphertext)?;
    Ok(Secret::from(plaintext))
}

/// A public name of `secret` for one use of it, which tells nothing about the secret.
pub fn fingerprint(
    secret: &Secret,
    label: Label,
    associated: &[u8],
) -> Result<[u8; FINGERPRINT_BYTES], CipherFailed> {
    derive(secret, label, associated).map(|derived| *derived).map_err(|_| CipherFailed)
}

fn derive<const BYTES: usize>(
    secret: &Secret,
    label: Label,
    associated: &[u8],
) -> Result<Zeroizing<[u8; BYTES]>, Unspecified> {
    let bits = u32::try_from(8 * BYTES).map_err(|_| Unspecified)?;
    let mut fixed_info = [0; FIXED_INFO_BYTES];
    let (named, rest) = fixed_info.split_at_mut(LABEL_BYTES);
    named.copy_from_slice(label.0);
    rest[1..=DIGEST_BYTES].copy_from_slice(digest(&SHA256, associated).as_ref());
    rest[DIGEST_BYTES + 1..].copy_from_slice(&bits.to_be_bytes());
    let algorithm = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).ok_or(Unspecified)?;
    let mut derived = Zeroizing::new([0; BYTES]);
    kbkdf_ctr_hmac(algorithm, secret.expose(), &fixed_info, derived.as_mut())?;
    Ok(derived)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new)
}

// A derived key encrypts one message, so its one nonce may be the same always.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}
