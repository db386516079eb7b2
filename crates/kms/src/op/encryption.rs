//! What the operations share that encrypt and decrypt: under a symmetric key, or under the two halves of a key pair.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::{
    self as crypto, Context, KeyIdentity, KeyMaterial, MaterialId, MaterialSpec, Message, PrivateKeySpec,
    Secret,
};
use claviger_wire::Members;

use super::DryRun;
use super::facts::misused;
use super::member::{ANY_COUNT, ContextPairs};
use crate::fault::Fault;
use crate::gate::{KeyAsk, Permit};
use crate::kms::Kms;
use crate::model::{DryRunModifier, EncryptionAlgorithm, Key, KeyUsage};
use crate::pipeline::Told;

/// The most that AWS lets SM2 keys encrypt, in bytes (API reference, Encrypt); the algorithm itself has no such limit.
const SM2PKE_PLAINTEXT_BYTES_MAX: usize = 1024;

/// A message, and the material that it was made under, where it tells.
pub(crate) struct Encrypted {
    pub blob: Vec<u8>,
    pub material: Option<MaterialId>,
}

/// What a message said, and the material that it was made under, where it tells.
pub(crate) struct Decrypted {
    pub plaintext: Secret,
    pub material: Option<MaterialId>,
}

/// How the bytes of a request are encrypted, or were.
#[derive(Clone, Copy)]
pub(crate) struct Cipher<'r> {
    pub algorithm: EncryptionAlgorithm,
    pub context: &'r ContextPairs<'r>,
}

impl Cipher<'_> {
    /// Refuses what the key cannot do.
    pub(crate) fn check(self, key: &Key) -> Result<(), Fault> {
        let fits = match (key.record.spec.material(), self.algorithm.asymmetric()) {
            (MaterialSpec::Symmetric, None) => return Ok(()),
            (MaterialSpec::PrivateKey(spec), Some(algorithm)) => {
                spec.encryption_algorithms().contains(&algorithm)
            }
            (MaterialSpec::Symmetric | MaterialSpec::Mac(_) | MaterialSpec::PrivateKey(_), _) => false,
        };
        if !fits {
            return Err(incompatible(self.algorithm.name(), key));
        }
        match self.context.is_empty() {
            true => Ok(()),
            false => Err(Fault::Validation(Cow::Borrowed(
                "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.",
            ))),
        }
    }

    /// Refuses what the key cannot do with the ciphertext. What is no ciphertext of the algorithm is told first.
    pub(crate) fn check_opens(
        self,
        key: &Key,
        ciphertext: &Option<Vec<u8>>,
        dry_run: DryRun,
    ) -> Result<(), Fault> {
        // A dry run up to the gate leaves the ciphertext aside.
        if let (EncryptionAlgorithm::SYMMETRIC_DEFAULT, Some(ciphertext), DryRun::No | DryRun::AfterRun) =
            (self.algorithm, ciphertext, dry_run)
        {
            parse(ciphertext)?;
        }
        self.check(key)
    }

    /// Refuses more bytes than the algorithm encrypts.
    pub(crate) fn check_size(self, key: &Key, plaintext_bytes: usize) -> Result<(), Fault> {
        let bytes_max = match (key.record.spec.material(), self.algorithm.asymmetric()) {
            (
                MaterialSpec::PrivateKey(PrivateKeySpec::Rsa(size)),
                Some(crypto::EncryptionAlgorithm::RsaesOaep(oaep)),
            ) => oaep.plaintext_bytes_max(size),
            (_, Some(crypto::EncryptionAlgorithm::Sm2Pke)) => SM2PKE_PLAINTEXT_BYTES_MAX,
            (_, _) => return Ok(()),
        };
        match plaintext_bytes <= bytes_max {
            true => Ok(()),
            false => Err(Fault::Validation(Cow::Owned(format!(
                "Algorithm {} and key spec {} cannot encrypt data larger than {bytes_max} bytes.",
                self.algorithm.name(),
                key.record.spec.name()
            )))),
        }
    }

    /// Encrypts under the key's current material.
    pub(crate) fn encrypt<S>(
        self,
        kms: &Kms,
        permit: &Permit<'_, S>,
        key: &Key,
        plaintext: &[u8],
    ) -> Result<Encrypted, Fault> {
        match (key.current_material(permit)?, self.algorithm.asymmetric()) {
            ((id, KeyMaterial::Symmetric(material)), None) => {
                let context = canonical(self.context)?;
                let blob = material.encrypt(&key.identity(), id, &context, plaintext, &*kms.random);
                Ok(Encrypted { blob: blob.map_err(Fault::internal)?, material: Some(id) })
            }
            ((_, KeyMaterial::PrivateKey(private)), Some(algorithm)) => {
                let blob = private.public_key().encrypt(algorithm, plaintext).map_err(Fault::internal)?;
                Ok(Encrypted { blob, material: None })
            }
            (_, _) => Err(incompatible(self.algorithm.name(), key)),
        }
    }

    /// Decrypts a message. Whatever is wrong with it, the caller is told one thing.
    pub(crate) async fn decrypt<S>(
        self,
        kms: &Kms,
        permit: &Permit<'_, S>,
        key: &Key,
        ciphertext: &[u8],
    ) -> Result<Decrypted, Fault> {
        if let Some(algorithm) = self.algorithm.asymmetric() {
            let private = key.private_key(permit)?;
            let plaintext = kms.exertion.of(private.spec(), || private.decrypt(algorithm, ciphertext)).await;
            let plaintext = plaintext.map_err(|_| Fault::InvalidCiphertext)?;
            return Ok(Decrypted { plaintext, material: None });
        }
        let message = parse(ciphertext)?;
        let Some(KeyMaterial::Symmetric(material)) = key.material(permit, message.material_id()) else {
            return Err(Fault::InvalidCiphertext);
        };
        let plaintext = material.decrypt(&message, &canonical(self.context)?);
        let plaintext = plaintext.map_err(|_| Fault::InvalidCiphertext)?;
        Ok(Decrypted { plaintext, material: Some(message.material_id()) })
    }

    /// Refuses a key that did not make the ciphertext, or is for something else. What is no ciphertext at all is left to the decryption.
    pub(crate) fn check_source(
        self,
        key: &Key,
        ciphertext: &Option<Vec<u8>>,
        operation: &str,
    ) -> Result<(), Fault> {
        // Whose the ciphertext is counts before what the key is for (recorded answers of Decrypt).
        if self.algorithm == EncryptionAlgorithm::SYMMETRIC_DEFAULT {
            check_made_under(key, ciphertext)?;
        }
        check_usage(key, operation)
    }
}

/// Refuses a key that is for something else than encryption.
pub(crate) fn check_usage(key: &Key, operation: &str) -> Result<(), Fault> {
    match key.record.usage {
        KeyUsage::ENCRYPT_DECRYPT => Ok(()),
        _ => Err(misused(key, operation)),
    }
}

/// Tells in a record under which material something was encrypted.
pub(crate) fn told_material(material: Option<MaterialId>) -> Told {
    told_materials([("keyMaterialId", material)])
}

/// Tells in a record under which materials, by the names that it has for them; those that do not tell are left out.
pub(crate) fn told_materials<const COUNT: usize>(materials: [(&str, Option<MaterialId>); COUNT]) -> Told {
    let told = materials.into_iter().filter_map(|(name, material)| Some((name, material?.to_string())));
    Told::beside(told.fold(Shown::new(), |shown, (name, material)| shown.text(name, &material)))
}

/// The fault that a key has not this algorithm.
pub(crate) fn incompatible(algorithm: &str, key: &Key) -> Fault {
    let spec = key.record.spec.name();
    Fault::InvalidKeyUsage(format!("Algorithm {algorithm} is incompatible with key spec {spec}.").into())
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

fn check_made_under(key: &Key, ciphertext: &Option<Vec<u8>>) -> Result<(), Fault> {
    match ciphertext.as_deref().map(Message::parse) {
        Some(Ok(message)) if !made_under(key, message.identity()) => Err(Fault::IncorrectKey),
        Some(Ok(_) | Err(_)) | None => Ok(()),
    }
}

fn made_under(key: &Key, identity: KeyIdentity) -> bool {
    let same_region = identity.region == key.place.region || identity.key.is_multi_region();
    identity.key == key.record.id && identity.account == key.place.account && same_region
}
