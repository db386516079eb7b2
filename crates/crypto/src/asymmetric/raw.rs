//! The calls of aws-lc that aws-lc-rs does not offer: Ed25519ph, ML-DSA over a given µ, ML-KEM keys from their seeds.
//!
//! This is the one place with unsafe code. Each call gets pointers and lengths of slices that outlive it, and buffers at
//! least as long as aws-lc writes; nothing here keeps a pointer but [`Parsed`], which owns its key.

use super::signing::PREHASHED_BYTES;
use crate::CipherFailed;
use aws_lc_sys as lc;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null, null_mut};
use zeroize::Zeroizing;

/// Bytes of an Ed25519 signature.
pub(crate) const ED25519_SIGNATURE_BYTES: usize = 64;
/// Bytes of an Ed25519 public key, and of a seed.
pub(crate) const ED25519_KEY_BYTES: usize = 32;
/// Bytes of a seed with its public key behind it: what aws-lc calls an Ed25519 private key.
pub(crate) const ED25519_PRIVATE_BYTES: usize = 2 * ED25519_KEY_BYTES;

/// What a call of aws-lc returns when it did what it should.
const SUCCESS: c_int = 1;

/// A key that aws-lc parsed, and that nothing changes afterwards.
pub(crate) struct Parsed(NonNull<lc::EVP_PKEY>);

// SAFETY: an EVP_PKEY belongs to no thread; its count of references is atomic.
unsafe impl Send for Parsed {}
// SAFETY: aws-lc documents that functions which do not mutate an EVP_PKEY may use it concurrently (openssl/evp.h), and
// no method here mutates it: a context only counts a reference to it.
unsafe impl Sync for Parsed {}

impl Drop for Parsed {
    fn drop(&mut self) {
        // SAFETY: the pointer came from aws-lc, is owned by this value alone and is not used after.
        unsafe { lc::EVP_PKEY_free(self.0.as_ptr()) }
    }
}

/// An operation with a key, freed in the end.
struct Context(NonNull<lc::EVP_PKEY_CTX>);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: as for `Parsed`.
        unsafe { lc::EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

impl Parsed {
    /// The private key of a PKCS#8; ML-DSA and ML-KEM keys are computed from their seeds.
    pub(crate) fn private(pkcs8: &[u8]) -> Result<Parsed, CipherFailed> {
        let mut bytes = bytes_of(pkcs8);
        // SAFETY: `bytes` is initialized and points into `pkcs8`, which outlives the call.
        let key = unsafe { lc::EVP_parse_private_key(&mut bytes) };
        NonNull::new(key).map(Parsed).ok_or(CipherFailed)
    }

    /// The public key of a SubjectPublicKeyInfo.
    pub(crate) fn public(info: &[u8]) -> Result<Parsed, CipherFailed> {
        let mut bytes = bytes_of(info);
        // SAFETY: `bytes` is initialized and points into `info`, which outlives the call.
        let key = unsafe { lc::EVP_parse_public_key(&mut bytes) };
        NonNull::new(key).map(Parsed).ok_or(CipherFailed)
    }

    /// The signature over what stands in place of a message; for an ML-DSA key, over µ.
    pub(crate) fn sign(
        &self,
        prehashed: &[u8; PREHASHED_BYTES],
        signature_bytes: usize,
    ) -> Result<Vec<u8>, CipherFailed> {
        let context = self.context()?;
        // SAFETY: the context is alive and holds this key.
        succeeded(unsafe { lc::EVP_PKEY_sign_init(context.0.as_ptr()) })?;
        let mut signature = vec![0; signature_bytes];
        let mut written = signature.len();
        // SAFETY: `signature` has room for `written` bytes, and aws-lc fails when it needs more.
        succeeded(unsafe {
            lc::EVP_PKEY_sign(
                context.0.as_ptr(),
                signature.as_mut_ptr(),
                &mut written,
                prehashed.as_ptr(),
                prehashed.len(),
            )
        })?;
        signature.truncate(written);
        Ok(signature)
    }

    /// Whether [`Parsed::sign`] with the private half of this key may have given `signature`.
    pub(crate) fn verify(
        &self,
        prehashed: &[u8; PREHASHED_BYTES],
        signature: &[u8],
    ) -> Result<(), CipherFailed> {
        let context = self.context()?;
        // SAFETY: the context is alive and holds this key.
        succeeded(unsafe { lc::EVP_PKEY_verify_init(context.0.as_ptr()) })?;
        // SAFETY: both slices outlive the call, which only reads them.
        succeeded(unsafe {
            lc::EVP_PKEY_verify(
                context.0.as_ptr(),
                signature.as_ptr(),
                signature.len(),
                prehashed.as_ptr(),
                prehashed.len(),
            )
        })
    }

    /// The private key without an envelope, of this many bytes at most.
    pub(crate) fn private_bytes(&self, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, CipherFailed> {
        let mut bytes = Zeroizing::new(vec![0; bytes_max]);
        let mut written = bytes.len();
        // SAFETY: `bytes` has room for `written` bytes, and aws-lc fails when it needs more.
        let status =
            unsafe { lc::EVP_PKEY_get_raw_private_key(self.0.as_ptr(), bytes.as_mut_ptr(), &mut written) };
        succeeded(status)?;
        bytes.truncate(written);
        Ok(bytes)
    }

    /// The public key without an envelope, of this many bytes at most.
    pub(crate) fn public_bytes(&self, bytes_max: usize) -> Result<Vec<u8>, CipherFailed> {
        let mut bytes = vec![0; bytes_max];
        let mut written = bytes.len();
        // SAFETY: `bytes` has room for `written` bytes, and aws-lc fails when it needs more.
        let status =
            unsafe { lc::EVP_PKEY_get_raw_public_key(self.0.as_ptr(), bytes.as_mut_ptr(), &mut written) };
        succeeded(status)?;
        bytes.truncate(written);
        Ok(bytes)
    }

    fn context(&self) -> Result<Context, CipherFailed> {
        // SAFETY: the key is alive; the context takes a reference of its own, and no engine is given.
        let context = unsafe { lc::EVP_PKEY_CTX_new(self.0.as_ptr(), null_mut()) };
        NonNull::new(context).map(Context).ok_or(CipherFailed)
    }
}

/// The Ed25519ph signature of a message, which is hashed first. The second half of `private` must be the public key of
/// the first: another one gives the private key away.
pub(crate) fn ed25519ph_sign(
    message: &[u8],
    private: &[u8; ED25519_PRIVATE_BYTES],
) -> Result<[u8; ED25519_SIGNATURE_BYTES], CipherFailed> {
    let mut signature = [0; ED25519_SIGNATURE_BYTES];
    // SAFETY: aws-lc writes ED25519_SIGNATURE_BYTES and reads ED25519_PRIVATE_BYTES; a context of no bytes is not read.
    succeeded(unsafe {
        lc::ED25519ph_sign(
            signature.as_mut_ptr(),
            message.as_ptr(),
            message.len(),
            private.as_ptr(),
            null(),
            0,
        )
    })?;
    Ok(signature)
}

/// Whether this is the Ed25519ph signature of a message, which is hashed first.
pub(crate) fn ed25519ph_verify(
    message: &[u8],
    signature: &[u8; ED25519_SIGNATURE_BYTES],
    public: &[u8; ED25519_KEY_BYTES],
) -> Result<(), CipherFailed> {
    // SAFETY: aws-lc reads ED25519_SIGNATURE_BYTES and ED25519_KEY_BYTES; a context of no bytes is not read.
    succeeded(unsafe {
        lc::ED25519ph_verify(message.as_ptr(), message.len(), signature.as_ptr(), public.as_ptr(), null(), 0)
    })
}

fn succeeded(status: c_int) -> Result<(), CipherFailed> {
    match status {
        SUCCESS => Ok(()),
        _ => Err(CipherFailed),
    }
}

/// What aws-lc's parsers take: it borrows `bytes` without saying so, and must not outlive them.
fn bytes_of(bytes: &[u8]) -> lc::CBS {
    let mut borrowed = MaybeUninit::<lc::CBS>::uninit();
    // SAFETY: CBS_init writes both members and reads nothing.
    unsafe { lc::CBS_init(borrowed.as_mut_ptr(), bytes.as_ptr(), bytes.len()) };
    // SAFETY: CBS_init wrote both members.
    unsafe { borrowed.assume_init() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
    }

    /// The vector of RFC 8032, 7.3.
    #[test]
    fn ed25519ph_is_that_of_its_rfc() {
        let seed: [u8; 32] = bytes("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
        let signature = bytes(concat!(
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41",
            "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
        ));
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let public = pair.public_key().as_ref();
        assert_eq!(public[..4], [0xec, 0x17, 0x2b, 0x93]);
        let private = [&seed[..], public].concat();
        assert_eq!(ed25519ph_sign(b"abc", private[..].try_into().unwrap()), Ok(signature));
        let public: [u8; 32] = public.try_into().unwrap();
        assert_eq!(ed25519ph_verify(b"abc", &signature, &public), Ok(()));
        assert_eq!(ed25519ph_verify(b"abd", &signature, &public), Err(CipherFailed));
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        for wrong in [&[][..], &[0x30, 0], &[0; 100]] {
            assert!(Parsed::private(wrong).is_err());
            assert!(Parsed::public(wrong).is_err());
        }
    }
}
