//! What the operations share that make data keys.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::Secret;

use super::encryption::{Cipher, Encrypted};
use super::member::{ContextPairs, show_context};
use crate::fault::Fault;
use crate::gate::{Permit, Stated};
use crate::kms::Kms;
use crate::model::{DataKeySpec, EncryptionAlgorithm, Key, KeyKind};

/// The data key that is asked for.
pub(crate) struct DataKeyAsk<'b> {
    pub key: Cow<'b, str>,
    pub context: ContextPairs<'b>,
    pub spec: Option<DataKeySpec>,
    pub number_of_bytes: Option<i64>,
    pub grant_tokens: Vec<Cow<'b, str>>,
    pub dry_run: Option<bool>,
}

impl DataKeyAsk<'_> {
    /// What policies may ask of it.
    pub(crate) fn states(&self) -> Stated<'_> {
        let algorithm = EncryptionAlgorithm::SYMMETRIC_DEFAULT.name();
        Stated::encrypting(&self.context, algorithm, &self.grant_tokens)
    }

    /// Shows it in a record.
    pub(crate) fn show(&self) -> Shown {
        show_context(Shown::new().text("keyId", &self.key), "encryptionContext", &self.context)
            .maybe_text("keySpec", self.spec.map(DataKeySpec::name))
            .maybe_number("numberOfBytes", self.number_of_bytes)
            .maybe_flag("dryRun", self.dry_run)
    }
}

/// The length of the data key that a request asks for, in one way and not in both.
pub(crate) fn length_bytes(spec: Option<DataKeySpec>, number_of_bytes: Option<i64>) -> Result<usize, Fault> {
    match (spec, number_of_bytes) {
        (Some(spec), None) => Ok(spec.bytes()),
        (None, Some(bytes)) => usize::try_from(bytes).map_err(Fault::internal),
        (None, None) | (Some(_), Some(_)) => {
            Err(Fault::Validation(Cow::Borrowed("Please specify either number of bytes or key spec.")))
        }
    }
}

/// How data keys are encrypted: only symmetric keys do it.
pub(crate) fn cipher<'r>(context: &'r ContextPairs<'r>) -> Cipher<'r> {
    Cipher { algorithm: EncryptionAlgorithm::SYMMETRIC_DEFAULT, context }
}

/// Refuses a key that makes no data keys.
pub(crate) fn check(key: &Key) -> Result<(), Fault> {
    match key.record.spec.kind() {
        KeyKind::Symmetric => Ok(()),
        KeyKind::Asymmetric | KeyKind::Hmac => {
            Err(Fault::InvalidKeyUsage("You cannot generate a data key with an asymmetric CMK".into()))
        }
    }
}

/// A fresh data key, plain and encrypted under the key.
pub(crate) fn generate<S>(
    kms: &Kms,
    permit: &Permit<'_, S>,
    key: &Key,
    context: &ContextPairs<'_>,
    bytes: usize,
) -> Result<(Secret, Encrypted), Fault> {
    let plaintext = Secret::random(bytes, &*kms.random).map_err(Fault::internal)?;
    let encrypted = cipher(context).encrypt(kms, permit, key, plaintext.expose())?;
    Ok((plaintext, encrypted))
}
