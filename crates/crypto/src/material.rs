//! The material of a symmetric encryption key, and encryption under it.

use crate::derived::{self, CipherFailed, Label, NONCE_BYTES};
use crate::material_id::named_key;
use crate::message::write_header;
use crate::{
    Context, InvalidCiphertext, KeyIdentity, MESSAGE_OVERHEAD_BYTES_MAX, MaterialId, Message, Random,
    RandomnessFailed, Secret,
};
use claviger_names::KeyId;

/// Bytes of the material of a symmetric encryption key.
pub const MATERIAL_BYTES: usize = 32;
/// The longest plaintext that AWS's API encrypts; callers enforce it.
pub const PLAINTEXT_BYTES_MAX: usize = 4096;

const MESSAGE: Label = Label::new(b"claviger-msg-1");
const MATERIAL_ID: Label = Label::new(b"claviger-mat-1");

/// 256 secret bits of a `SYMMETRIC_DEFAULT` key; never empty.
pub struct SymmetricMaterial(Secret);

/// A secret of another length than [`MATERIAL_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("symmetric key material is {MATERIAL_BYTES} bytes, not {bytes}")]
pub struct NotMaterial {
    /// Its length.
    pub bytes: usize,
}

/// Why nothing was encrypted; never the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// There was no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessFailed),
    /// The cryptographic library refused.
    #[error(transparent)]
    Cipher(#[from] CipherFailed),
}

impl SymmetricMaterial {
    /// Fresh material.
    pub fn generate(random: &dyn Random) -> Result<SymmetricMaterial, RandomnessFailed> {
        Secret::random(MATERIAL_BYTES, random).map(SymmetricMaterial)
    }

    /// Material that was generated elsewhere or stored before.
    pub fn from_secret(secret: Secret) -> Result<SymmetricMaterial, NotMaterial> {
        match secret.len() {
            MATERIAL_BYTES => Ok(SymmetricMaterial(secret)),
            bytes => Err(NotMaterial { bytes }),
        }
    }

    /// The bytes, to be stored.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The public name of this material as a material of `key`: one for each pair of the two, in every Region alike.
    ///
    /// It is derived from both one way, and so tells nothing about the material.
    #[expect(
        clippy::expect_used,
        reason = "KBKDF refuses only an empty secret or output, and neither is empty"
    )]
    pub fn id_for(&self, key: &KeyId) -> MaterialId {
        let id = derived::fingerprint(&self.0, MATERIAL_ID, &named_key(key));
        MaterialId::from_bytes(id.expect("the material is not empty"))
    }

    /// A message that only this material and the same context open; its header names `identity` and `material_id`.
    pub fn encrypt(
        &self,
        identity: &KeyIdentity,
        material_id: MaterialId,
        context: &Context<'_>,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, EncryptError> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill_public(&mut nonce)?;
        let mut message = Vec::with_capacity(MESSAGE_OVERHEAD_BYTES_MAX + plaintext.len());
        write_header(identity, material_id, &nonce, &mut message);
        let associated = associate(&message, context);
        derived::seal(&self.0, MESSAGE, &associated, plaintext, &mut message)?;
        Ok(message)
    }

    /// The plaintext, when this material, the context and every byte of the message are what they were.
    pub fn decrypt(&self, message: &Message<'_>, context: &Context<'_>) -> Result<Secret, InvalidCiphertext> {
        derived::open(&self.0, MESSAGE, &associate(message.header(), context), message.sealed())
    }
}

/// All that a message is bound to beside its material: its header and the context.
fn associate(header: &[u8], context: &Context<'_>) -> Vec<u8> {
    let mut associated = Vec::with_capacity(header.len() + context.canonical_bytes());
    associated.extend_from_slice(header);
    context.write_canonical(&mut associated);
    associated
}
