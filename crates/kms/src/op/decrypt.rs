//! Decrypt: what was encrypted under a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::{Members, base64_bytes};
use serde::Serialize;

use super::member::{
    CIPHERTEXT_BYTES, ContextPairs, KEY_ID, Recipient, check_context, encryption_context, grant_tokens,
    show_context,
};
use super::symmetric::{self, PlaintextOut};
use super::{DryRun, Facts, GrantOperation, Operation, USUAL_ANSWER_BYTES};
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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    plaintext: PlaintextOut,
    encryption_algorithm: EncryptionAlgorithm,
    key_material_id: MaterialId,
}

impl Operation for Decrypt {
    const FACTS: Facts = Facts { ..Facts::of_encryption("Decrypt", "kms:Decrypt", GrantOperation::Decrypt) };
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
        request.dry_run = symmetric::decryption_dry_run(&mut members);
        let request = members.finish(request)?;
        symmetric::require_ciphertext(request.dry_run, &request.ciphertext, ("keyId", &request.key))?;
        check_context(&request.context)?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let algorithm = request.algorithm.name();
        let stated = Stated::encrypting(&request.context, algorithm, &request.grant_tokens);
        Ok(symmetric::decryption_key(&request.key, &request.ciphertext)?.stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let shown = Shown::new().maybe_text("keyId", request.key.as_deref());
        let shown = show_context(shown, "encryptionContext", &request.context)
            .text("encryptionAlgorithm", request.algorithm.name());
        request.dry_run.show(shown)
    }

    fn told(response: &Response) -> Told {
        Told::beside(Shown::new().text("keyMaterialId", &response.key_material_id.to_string()))
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.plaintext.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        request.dry_run
    }

    fn fits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        Recipient::check(request.recipient)?;
        symmetric::check_algorithm(key, request.algorithm)?;
        symmetric::check_made_under(key, &request.ciphertext)
    }

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let ciphertext = request.ciphertext.as_deref().unwrap_or_default();
        let (plaintext, key_material_id) = symmetric::decrypt(&permit, key, &request.context, ciphertext)?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            plaintext: PlaintextOut(plaintext),
            encryption_algorithm: EncryptionAlgorithm::SYMMETRIC_DEFAULT,
            key_material_id,
        })
    }
}
