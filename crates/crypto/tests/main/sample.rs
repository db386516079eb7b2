//! Randomness that is told what to give, and a key to encrypt under.

use claviger_crypto::{
    Context, KeyIdentity, MaterialId, Message, Random, RandomnessFailed, Secret, SymmetricMaterial,
};
use std::sync::Mutex;

/// Gives these bytes once, in order, and then fails.
pub(crate) struct Scripted(Mutex<Vec<u8>>);

impl Scripted {
    pub(crate) fn new(bytes: &[u8]) -> Scripted {
        Scripted(Mutex::new(bytes.to_vec()))
    }
}

impl Random for Scripted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        let mut left = self.0.lock().unwrap();
        if left.len() < bytes.len() {
            return Err(RandomnessFailed);
        }
        let behind = left.split_off(bytes.len());
        bytes.copy_from_slice(&left);
        *left = behind;
        Ok(())
    }
}

/// Counts up from `first`, so that a reader of the vectors sees at once which bytes are which.
pub(crate) fn counting(first: u8) -> [u8; 32] {
    std::array::from_fn(|at| first.wrapping_add(at as u8))
}

pub(crate) fn material(bytes: &[u8]) -> SymmetricMaterial {
    SymmetricMaterial::from_secret(Secret::new(bytes.to_vec())).unwrap()
}

pub(crate) fn identity(account: &str, region: &str, key: &str) -> KeyIdentity {
    KeyIdentity {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
        key: key.parse().unwrap(),
    }
}

/// One key with its material, and a nonce.
pub(crate) struct Sample {
    pub(crate) material: SymmetricMaterial,
    pub(crate) identity: KeyIdentity,
    pub(crate) id: MaterialId,
}

impl Sample {
    pub(crate) fn new() -> Sample {
        let identity = identity("111122223333", "eu-central-1", "1234abcd-12ab-34cd-56ef-1234567890ab");
        let material = material(&counting(0));
        Sample { id: material.id_for(&identity.key), material, identity }
    }

    pub(crate) fn encrypt(&self, context: &Context<'_>, plaintext: &[u8]) -> Vec<u8> {
        let nonce = Scripted::new(&counting(0x40));
        self.material.encrypt(&self.identity, self.id, context, plaintext, &nonce).unwrap()
    }

    pub(crate) fn opens(&self, context: &Context<'_>, message: &[u8]) -> Option<Vec<u8>> {
        opens(&self.material, context, message)
    }
}

pub(crate) fn opens(material: &SymmetricMaterial, context: &Context<'_>, message: &[u8]) -> Option<Vec<u8>> {
    let message = Message::parse(message).ok()?;
    material.decrypt(&message, context).ok().map(|plaintext| plaintext.expose().to_vec())
}
