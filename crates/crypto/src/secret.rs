//! Bytes that must not be seen, kept or copied by accident.

use crate::{Random, RandomnessFailed};
use zeroize::Zeroizing;

/// Secret bytes on the heap, overwritten when dropped.
///
/// It has no `Debug`, so it cannot reach a log:
/// ```compile_fail
/// println!("{:?}", claviger_crypto::Secret::new(vec![1]));
/// ```
/// and no `Clone`, so each copy is made on purpose:
/// ```compile_fail
/// let copy = claviger_crypto::Secret::new(vec![1]).clone();
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over these bytes, without copying them.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// `len` fresh random bytes.
    pub fn random(len: usize, random: &dyn Random) -> Result<Secret, RandomnessFailed> {
        let mut bytes = Zeroizing::new(vec![0; len]);
        random.fill(&mut bytes)?;
        Ok(Secret(bytes))
    }

    /// The bytes, for the moment of their use.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same bytes in the type that holders elsewhere take, still overwritten when dropped; nothing is copied.
    pub fn into_zeroizing(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl From<Secret> for Zeroizing<Vec<u8>> {
    fn from(secret: Secret) -> Zeroizing<Vec<u8>> {
        secret.0
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Secret {
        Secret::new(bytes)
    }
}

impl From<Zeroizing<Vec<u8>>> for Secret {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Secret {
        Secret(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_in_and_out_without_a_copy() {
        let bytes = vec![7; 32];
        let address = bytes.as_ptr();
        let secret = Secret::new(bytes);
        assert_eq!(secret.expose().as_ptr(), address);
        assert_eq!(Zeroizing::from(secret).as_ptr(), address);
    }

    #[test]
    fn a_failing_source_makes_no_secret() {
        struct Dry;
        impl Random for Dry {
            fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessFailed> {
                Err(RandomnessFailed)
            }
        }
        assert_eq!(Secret::random(32, &Dry).err(), Some(RandomnessFailed));
    }

    #[test]
    fn a_random_secret_has_the_length_that_was_asked_for() {
        let secret = Secret::random(48, &crate::SystemRandom).unwrap();
        assert_eq!((secret.len(), secret.is_empty()), (48, false));
        assert!(Secret::new(Vec::new()).is_empty());
    }
}
