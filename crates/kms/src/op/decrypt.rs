//! Decrypt: what was encrypted under a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::{Members, base64_bytes};
use serde::Serialize;

use super::answer::SecretOut;
use super::encryption::{self, Cipher, told_material};
use super::member::{
    CIPHERTEXT_BYTES, ContextPairs, KEY_ID, Recipient, check_context, encryption_context, grant_tokens,
    show_context,
};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::{EncryptionAlgorithm, KeyArn};
use crate::pipeline::Told;

pub(crate) struct Decrypt;

pub(crate) struct Request<'b> {
    ciphertext: Option<Vec<u8>>,
    context: ContextPairs<'b>,
    grant_tokens: Vec<Cow<'b, str>>,
    key: Option<Cow<'b, str>>,
    algorithm: EncryptionAlgorithm,
    recipient: Option<Recipient>,
    dry_run: DryRun,
}

impl Request<'_> {
    fn cipher(&self) -> Cipher<'_> {
        Cipher { algorithm: self.algorithm, context: &self.context }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    plaintext: SecretOut,
    encryption_algorithm: EncryptionAlgorithm,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for Decrypt {
    /// What the key is for is looked at after whose the ciphertext is.
    const FACTS: Facts = Facts {
        usage: None,
        ..Facts::of_use("Decrypt", "kms:Decrypt", GrantOperation::Decrypt, KeyUsage::ENCRYPT_DECRYPT)
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let ciphertext = members.blob("CiphertextBlob", CIPHERTEXT_BYTES);
        let mut request = Request {
            ciphertext,
            context: encryption_context(&mut members, "EncryptionContext"),
            grant_tokens: grant_tokens(&mut members),
            key: members.text("KeyId", &KEY_ID),
            algorithm: members.one_of("EncryptionAlgorithm").unwrap_or_default(),
            recipient: Recipient::take(&mut members),
            dry_run: DryRun::No,
        };
        request.dry_run = encryption::decryption_dry_run(&mut members);
        let request = members.finish(request)?;
        encryption::require_ciphertext(request.dry_run, &request.ciphertext, ("keyId", &request.key))?;
        check_context(&request.context)?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let algorithm = request.algorithm.name();
        let stated = Stated::encrypting(&request.context, algorithm, &request.grant_tokens);
        Ok(encryption::decryption_key(&request.key, &request.ciphertext)?.stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let shown = Shown::new().maybe_text("keyId", request.key.as_deref());
        let shown = show_context(shown, "encryptionContext", &request.context)
            .text("encryptionAlgorithm", request.algorithm.name());
        request.dry_run.show(shown)
    }

    fn told(response: &Response) -> Told {
        told_material(response.key_material_id)
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.plaintext.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        request.dry_run
    }

    fn fits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        Recipient::check(request.recipient)?;
        request.cipher().check_source(key, &request.ciphertext, "Decrypt")
    }

    fn suits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        request.cipher().check_opens(key, &request.ciphertext, request.dry_run)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let ciphertext = request.ciphertext.as_deref().unwrap_or_default();
        let decrypted = request.cipher().decrypt(kms, &permit, key, ciphertext).await?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            plaintext: SecretOut(decrypted.plaintext),
            encryption_algorithm: request.algorithm,
            key_material_id: decrypted.material,
        })
    }
}
