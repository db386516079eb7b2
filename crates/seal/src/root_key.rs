//! The key at the top: it wraps domain keys and is never in the store.

use claviger_crypto::derived::{self, FINGERPRINT_BYTES, Label, NONCE_BYTES};
use claviger_crypto::{CipherFailed, EncryptError, Random, RandomnessFailed, Secret};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::fmt;
use std::future::ready;

pub(crate) const ROOT_KEY_BYTES: usize = 32;

const WRAP: Label = Label::new(b"claviger-dom-1");
const ROOT_KEY_ID: Label = Label::new(b"claviger-rtk-1");

/// What a root key gives: a boxed future, since the key may live in a device.
pub type RootKeyAnswer<'a, T> = BoxFuture<'a, Result<T, RootKeyError>>;

/// A key that wraps other keys, wherever it lives.
pub trait RootKey: Send + Sync + 'static {
    /// The same for the same key, another for another; it tells nothing about the key.
    fn id(&self) -> RootKeyId;

    /// `key`, encrypted and bound to `bound_to`.
    fn wrap<'a>(
        &'a self,
        key: &'a Secret,
        bound_to: &'a [u8],
        random: &'a dyn Random,
    ) -> RootKeyAnswer<'a, Vec<u8>>;

    /// What was wrapped by this key, bound to the same.
    fn unwrap<'a>(&'a self, wrapped: &'a [u8], bound_to: &'a [u8]) -> RootKeyAnswer<'a, Secret>;
}

/// A root key's public name; written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootKeyId([u8; FINGERPRINT_BYTES]);

/// Why a root key did not wrap or unwrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootKeyError {
    /// It was not wrapped by this key for this purpose, or is damaged.
    #[error("the root key does not open it")]
    DoesNotOpen,
    /// Nothing was encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

impl RootKeyId {
    /// The id of these bytes.
    pub const fn from_bytes(bytes: [u8; FINGERPRINT_BYTES]) -> RootKeyId {
        RootKeyId(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; FINGERPRINT_BYTES] {
        &self.0
    }
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A root key that is forgotten with the process: for stores that are, too.
pub struct EphemeralRootKey(LocalKey);

impl EphemeralRootKey {
    /// A fresh key.
    pub fn generate(random: &dyn Random) -> Result<EphemeralRootKey, EncryptError> {
        let secret = Secret::random(ROOT_KEY_BYTES, random)?;
        Ok(EphemeralRootKey(LocalKey::new(secret)?))
    }
}

impl RootKey for EphemeralRootKey {
    fn id(&self) -> RootKeyId {
        self.0.id
    }

    fn wrap<'a>(
        &'a self,
        key: &'a Secret,
        bound_to: &'a [u8],
        random: &'a dyn Random,
    ) -> RootKeyAnswer<'a, Vec<u8>> {
        ready(self.0.wrap(key, bound_to, random)).boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], bound_to: &'a [u8]) -> RootKeyAnswer<'a, Secret> {
        ready(self.0.unwrap(wrapped, bound_to)).boxed()
    }
}

/// A root key in this process's memory.
pub(crate) struct LocalKey {
    secret: Secret,
    pub(crate) id: RootKeyId,
}

impl LocalKey {
    pub(crate) fn new(secret: Secret) -> Result<LocalKey, CipherFailed> {
        let id = RootKeyId(derived::fingerprint(&secret, ROOT_KEY_ID, &[])?);
        Ok(LocalKey { secret, id })
    }

    pub(crate) fn wrap(
        &self,
        key: &Secret,
        bound_to: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, RootKeyError> {
        let mut wrapped = vec![0; NONCE_BYTES];
        random.fill(&mut wrapped).map_err(|RandomnessFailed| EncryptError::from(RandomnessFailed))?;
        let associated = [&wrapped, bound_to].concat();
        derived::seal(&self.secret, WRAP, &associated, key.expose(), &mut wrapped)
            .map_err(EncryptError::from)?;
        Ok(wrapped)
    }

    pub(crate) fn unwrap(&self, wrapped: &[u8], bound_to: &[u8]) -> Result<Secret, RootKeyError> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_BYTES).ok_or(RootKeyError::DoesNotOpen)?;
        derived::open(&self.secret, WRAP, &[nonce, bound_to].concat(), sealed)
            .map_err(|_| RootKeyError::DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_crypto::SystemRandom;

    #[test]
    fn a_wrapped_key_opens_under_its_root_key_and_binding_alone() {
        let [ours, other] = [1, 2].map(|byte| LocalKey::new(Secret::new(vec![byte; 32])).unwrap());
        let wrapped = ours.wrap(&Secret::new(vec![7; 32]), b"here", &SystemRandom).unwrap();
        assert_eq!(ours.unwrap(&wrapped, b"here").unwrap().expose(), [7; 32]);
        assert_eq!(ours.unwrap(&wrapped, b"there").err(), Some(RootKeyError::DoesNotOpen));
        assert_eq!(other.unwrap(&wrapped, b"here").err(), Some(RootKeyError::DoesNotOpen));
        assert_eq!(ours.unwrap(&wrapped[..40], b"here").err(), Some(RootKeyError::DoesNotOpen));
        assert_eq!(ours.unwrap(&[], b"here").err(), Some(RootKeyError::DoesNotOpen));
    }

    #[test]
    fn an_id_is_of_one_key_and_shows_none_of_it() {
        let [one, same, other] = [1, 1, 2].map(|byte| LocalKey::new(Secret::new(vec![byte; 32])).unwrap().id);
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_eq!(one.to_string().len(), 64);
        assert!(!one.to_string().contains("010101"));
    }
}
