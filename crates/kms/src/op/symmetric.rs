//! What the operations under a symmetric key share.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_crypto::{Context, KeyIdentity, MaterialId, Message, Secret};
use claviger_wire::{Base64, Members};
use serde::{Serialize, Serializer};

use super::DryRun;
use super::member::{ANY_COUNT, ContextPairs};
use crate::fault::Fault;
use crate::gate::{KeyAsk, Permit};
use crate::kms::Kms;
use crate::model::{DataKeySpec, DryRunModifier, EncryptionAlgorithm, Key, KeyArn};

/// A message, and the material that it was made under.
pub(crate) struct Encrypted {
    pub blob: Vec<u8>,
    pub material: MaterialId,
}

/// Plaintext in an answer.
pub(crate) struct PlaintextOut(pub Secret);

impl Serialize for PlaintextOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Base64(self.0.expose()).serialize(serializer)
    }
}

/// Refuses an algorithm that a symmetric key has not.
pub(crate) fn check_algorithm(key: &Key, algorithm: EncryptionAlgorithm) -> Result<(), Fault> {
    match algorithm {
        EncryptionAlgorithm::SYMMETRIC_DEFAULT => Ok(()),
        other => Err(Fault::InvalidKeyUsage(
            format!("Algorithm {} is incompatible with key spec {}.", other.name(), key.record.spec.name())
                .into(),
        )),
    }
}

/// Encrypts under the key's current material.
pub(crate) fn encrypt<S>(
    kms: &Kms,
    permit: &Permit<'_, S>,
    key: &Key,
    context: &ContextPairs<'_>,
    plaintext: &[u8],
) -> Result<Encrypted, Fault> {
    let context = canonical(context)?;
    let (id, material) =
        key.current_material(permit).ok_or_else(|| Fault::internal("a key without material"))?;
    let blob =
        material.encrypt(&key.identity(), id, &context, plaintext, &*kms.random).map_err(Fault::internal)?;
    Ok(Encrypted { blob, material: id })
}

/// Decrypts a message. Whatever is wrong with it, the caller is told one thing.
pub(crate) fn decrypt<S>(
    permit: &Permit<'_, S>,
    key: &Key,
    context: &ContextPairs<'_>,
    ciphertext: &[u8],
) -> Result<(Secret, MaterialId), Fault> {
    let message = parse(ciphertext)?;
    let material = key.material(permit, message.material_id()).ok_or(Fault::InvalidCiphertext)?;
    let plaintext = material.decrypt(&message, &canonical(context)?).map_err(|_| Fault::InvalidCiphertext)?;
    Ok((plaintext, message.material_id()))
}

/// Reads a ciphertext's header.
pub(crate) fn parse(ciphertext: &[u8]) -> Result<Message<'_>, Fault> {
    Message::parse(ciphertext).map_err(|_| Fault::InvalidCiphertext)
}

fn canonical<'p>(pairs: &'p ContextPairs<'_>) -> Result<Context<'p>, Fault> {
    // Members are unique in a body that was read, so that no key stands twice.
    Context::new(pairs.iter().map(|(key, value)| (&**key, &**value))).map_err(Fault::internal)
}

/// How far a request that decrypts is to be carried out. A dry run opens the ciphertext too, unless that is ignored.
pub(crate) fn decryption_dry_run(members: &mut Members<'_>) -> DryRun {
    let asked = members.flag("DryRun") == Some(true);
    let modifiers = members.list_of("DryRunModifiers", ANY_COUNT).unwrap_or_default();
    match (asked, modifiers.contains(&DryRunModifier::IgnoreCiphertext)) {
        (false, _) => DryRun::No,
        (true, true) => DryRun::BeforeRun,
        (true, false) => DryRun::AfterRun,
    }
}

/// Refuses a request without what it decrypts. Where the ciphertext is to be ignored, the key must be named instead.
pub(crate) fn require_ciphertext(
    dry_run: DryRun,
    ciphertext: &Option<Vec<u8>>,
    (member, key): (&str, &Option<Cow<'_, str>>),
) -> Result<(), Fault> {
    let missing = match (dry_run, ciphertext, key) {
        (_, Some(_), _) | (DryRun::BeforeRun, None, Some(_)) => return Ok(()),
        (DryRun::BeforeRun, None, None) => member,
        (DryRun::No | DryRun::AfterRun, None, _) => "ciphertextBlob",
    };
    Err(Fault::Validation(Cow::Owned(format!(
        "1 validation error detected: Value null at '{missing}' failed to satisfy constraint: Member must not be null"
    ))))
}

/// The key that a request to decrypt names, or that its ciphertext does.
pub(crate) fn decryption_key<'r>(
    key: &'r Option<Cow<'_, str>>,
    ciphertext: &Option<Vec<u8>>,
) -> Result<KeyAsk<'r>, Fault> {
    match (key, ciphertext) {
        (Some(key), _) => Ok(KeyAsk::named(key)),
        (None, Some(ciphertext)) => Ok(KeyAsk::of_ciphertext(parse(ciphertext)?.identity())),
        (None, None) => Err(Fault::InvalidCiphertext),
    }
}

/// Refuses a key under which the ciphertext was not made. What is no ciphertext at all is left to the decryption.
pub(crate) fn check_made_under(key: &Key, ciphertext: &Option<Vec<u8>>) -> Result<(), Fault> {
    match ciphertext.as_deref().map(Message::parse) {
        Some(Ok(message)) if !made_under(key, message.identity()) => Err(Fault::IncorrectKey),
        Some(Ok(_) | Err(_)) | None => Ok(()),
    }
}

fn made_under(key: &Key, identity: KeyIdentity) -> bool {
    let same_region = identity.region == key.place.region || identity.key.is_multi_region();
    identity.key == key.record.id && identity.account == key.place.account && same_region
}

/// The length of the data key that a request asks for, in one way and not in both.
pub(crate) fn data_key_bytes(
    spec: Option<DataKeySpec>,
    number_of_bytes: Option<i64>,
) -> Result<usize, Fault> {
    match (spec, number_of_bytes) {
        (Some(spec), None) => Ok(spec.bytes()),
        (None, Some(bytes)) => usize::try_from(bytes).map_err(Fault::internal),
        (None, None) | (Some(_), Some(_)) => {
            Err(Fault::Validation(Cow::Borrowed("Please specify either number of bytes or key spec.")))
        }
    }
}

/// A fresh data key, plain and encrypted under the key.
pub(crate) fn data_key<S>(
    kms: &Kms,
    permit: &Permit<'_, S>,
    key: &Arc<Key>,
    context: &ContextPairs<'_>,
    bytes: usize,
) -> Result<(Secret, Encrypted, KeyArn), Fault> {
    let plaintext = Secret::random(bytes, &*kms.random).map_err(Fault::internal)?;
    let encrypted = encrypt(kms, permit, key, context, plaintext.expose())?;
    Ok((plaintext, encrypted, KeyArn(Arc::clone(key))))
}
