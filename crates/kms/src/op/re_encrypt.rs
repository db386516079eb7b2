//! ReEncrypt: what was encrypted under one key, under another, without the plaintext leaving.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::encryption::{self, Cipher};
use super::member::{
    CIPHERTEXT_BYTES, ContextPairs, KEY_ID, check_context, encryption_context, grant_tokens, show_context,
};
use super::{DryRun, Facts, GrantOperation, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, Permit, Stated, TwoKeyAsk, TwoKeys};
use crate::kms::Kms;
use crate::model::{EncryptionAlgorithm, KeyArn, KeyUsage};
use crate::pipeline::Told;

pub(crate) struct ReEncrypt;

pub(crate) struct Request<'b> {
    ciphertext: Option<Vec<u8>>,
    source_context: ContextPairs<'b>,
    source_key: Option<Cow<'b, str>>,
    destination_key: Cow<'b, str>,
    destination_context: ContextPairs<'b>,
    source_algorithm: EncryptionAlgorithm,
    destination_algorithm: EncryptionAlgorithm,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: DryRun,
}

impl Request<'_> {
    fn source(&self) -> Cipher<'_> {
        Cipher { algorithm: self.source_algorithm, context: &self.source_context }
    }

    fn destination(&self) -> Cipher<'_> {
        Cipher { algorithm: self.destination_algorithm, context: &self.destination_context }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    ciphertext_blob: Base64<Vec<u8>>,
    source_key_id: KeyArn,
    key_id: KeyArn,
    source_encryption_algorithm: EncryptionAlgorithm,
    destination_encryption_algorithm: EncryptionAlgorithm,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_key_material_id: Option<MaterialId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_key_material_id: Option<MaterialId>,
}

const ENCRYPTING: Facts =
    Facts::of_use("ReEncrypt", "kms:ReEncryptFrom", GrantOperation::ReEncryptFrom, KeyUsage::ENCRYPT_DECRYPT);

impl Operation for ReEncrypt {
    /// What the source is for is looked at after whose the ciphertext is.
    const FACTS: Facts = Facts { usage: None, ..ENCRYPTING };
    type Scope = TwoKeys;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let mut request = Request {
            ciphertext: members.blob("CiphertextBlob", CIPHERTEXT_BYTES),
            source_context: encryption_context(&mut members, "SourceEncryptionContext"),
            source_key: members.text("SourceKeyId", &KEY_ID),
            destination_key: members.required_text("DestinationKeyId", &KEY_ID),
            destination_context: encryption_context(&mut members, "DestinationEncryptionContext"),
            source_algorithm: members.one_of("SourceEncryptionAlgorithm").unwrap_or_default(),
            destination_algorithm: members.one_of("DestinationEncryptionAlgorithm").unwrap_or_default(),
            grant_tokens: grant_tokens(&mut members),
            dry_run: DryRun::No,
        };
        request.dry_run = encryption::decryption_dry_run(&mut members);
        let request = members.finish(request)?;
        encryption::require_ciphertext(
            request.dry_run,
            &request.ciphertext,
            ("sourceKeyId", &request.source_key),
        )?;
        check_context(&request.source_context)?;
        check_context(&request.destination_context)?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<TwoKeyAsk<'r>, Fault> {
        let (from, to) = (request.source_algorithm.name(), request.destination_algorithm.name());
        let from = Stated::encrypting(&request.source_context, from, &request.grant_tokens);
        let to = Stated::encrypting(&request.destination_context, to, &request.grant_tokens);
        let source = encryption::decryption_key(&request.source_key, &request.ciphertext)?.stating(from);
        Ok(TwoKeyAsk { source, destination: KeyAsk::named(&request.destination_key).stating(to) })
    }

    fn shown(request: &Request<'_>) -> Shown {
        let shown = Shown::new().text("sourceEncryptionAlgorithm", request.source_algorithm.name());
        let shown = show_context(shown, "sourceEncryptionContext", &request.source_context)
            .maybe_text("sourceKeyId", request.source_key.as_deref())
            .text("destinationKeyId", &request.destination_key)
            .text("destinationEncryptionAlgorithm", request.destination_algorithm.name());
        let context = &request.destination_context;
        request.dry_run.show(show_context(shown, "destinationEncryptionContext", context))
    }

    fn told(response: &Response) -> Told {
        encryption::told_materials([
            ("sourceKeyMaterialId", response.source_key_material_id),
            ("destinationKeyMaterialId", response.destination_key_material_id),
        ])
    }

    fn answer_bytes(response: &Response) -> usize {
        2 * USUAL_ANSWER_BYTES + base64_bytes(response.ciphertext_blob.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        request.dry_run
    }

    fn fits(request: &Request<'_>, scope: &TwoKeys) -> Result<(), Fault> {
        request.source().check_source(&scope.source, &request.ciphertext, "ReEncrypt")?;
        encryption::check_usage(&scope.destination, "ReEncrypt")
    }

    fn suits(request: &Request<'_>, scope: &TwoKeys) -> Result<(), Fault> {
        request.source().check_opens(&scope.source, &request.ciphertext, request.dry_run)?;
        request.destination().check(&scope.destination)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, TwoKeys>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let TwoKeys { source, destination } = permit.scope();
        let ciphertext = request.ciphertext.as_deref().unwrap_or_default();
        let decrypted = request.source().decrypt(kms, &permit, source, ciphertext).await?;
        request.destination().check_size(destination, decrypted.plaintext.len())?;
        let plaintext = decrypted.plaintext.expose();
        let encrypted = request.destination().encrypt(kms, &permit, destination, plaintext)?;
        Ok(Response {
            ciphertext_blob: Base64(encrypted.blob),
            source_key_id: KeyArn(Arc::clone(source)),
            key_id: KeyArn(Arc::clone(destination)),
            source_encryption_algorithm: request.source_algorithm,
            destination_encryption_algorithm: request.destination_algorithm,
            source_key_material_id: decrypted.material,
            destination_key_material_id: encrypted.material,
        })
    }
}
