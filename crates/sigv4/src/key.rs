//! The key of one access key, day, Region and service.

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::{Scope, TERMINATOR};

const PREFIX: &[u8] = b"AWS4";

/// A derived signing key, ready for many requests. Good for its scope only; cleansed when dropped.
///
/// It lies boxed, so that handing it on leaves no copies behind.
pub struct SigningKey(Box<hmac::Key>);

impl SigningKey {
    /// Derives the key from a secret access key of any shape, for the date, Region and service of `scope`.
    pub fn derive(secret: &[u8], scope: &Scope<'_>) -> SigningKey {
        let mut first = Zeroizing::new(Vec::with_capacity(PREFIX.len() + secret.len()));
        first.extend_from_slice(PREFIX);
        first.extend_from_slice(secret);
        let day = step(&first, scope.date());
        let region = step(&*day, scope.region());
        let service = step(&*region, scope.service());
        let signing = step(&*service, TERMINATOR);
        SigningKey(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &*signing)))
    }

    /// Whether `signature` is this key's for `text`, in constant time.
    pub(crate) fn accepts(&self, text: &[u8], signature: &[u8; 32]) -> bool {
        hmac::verify(&self.0, text, signature).is_ok()
    }

    pub(crate) fn sign(&self, text: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, text)
    }
}

/// One link of the chain; the result goes to a cleansed buffer and not through a `Tag`.
#[expect(clippy::expect_used, reason = "the buffer is as long as the tag, which is all that can fail")]
fn step(key: &[u8], text: &str) -> Zeroizing<[u8; 32]> {
    let mut next = Zeroizing::new([0; 32]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign_to_buffer(&key, text.as_bytes(), &mut *next).expect("32 bytes hold an HMAC-SHA256");
    next
}
