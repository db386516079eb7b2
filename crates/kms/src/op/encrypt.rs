//! Encrypt: a message under a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::{MaterialId, Secret};
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::encryption::{Cipher, told_material};
use super::member::{
    ContextPairs, KEY_ID, PLAINTEXT_BYTES, check_context, encryption_context, grant_tokens, show_context,
};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::{EncryptionAlgorithm, KeyArn};
use crate::pipeline::Told;

pub(crate) struct Encrypt;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    plaintext: Secret,
    context: ContextPairs<'b>,
    grant_tokens: Vec<Cow<'b, str>>,
    algorithm: EncryptionAlgorithm,
    dry_run: Option<bool>,
}

impl Request<'_> {
    fn cipher(&self) -> Cipher<'_> {
        Cipher { algorithm: self.algorithm, context: &self.context }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    ciphertext_blob: Base64<Vec<u8>>,
    key_id: KeyArn,
    encryption_algorithm: EncryptionAlgorithm,
    #[serde(skip)]
    material: Option<MaterialId>,
}

impl Operation for Encrypt {
    const FACTS: Facts =
        Facts::of_use("Encrypt", "kms:Encrypt", GrantOperation::Encrypt, KeyUsage::ENCRYPT_DECRYPT);
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            plaintext: Secret::new(members.required_blob("Plaintext", PLAINTEXT_BYTES)),
            context: encryption_context(&mut members, "EncryptionContext"),
            grant_tokens: grant_tokens(&mut members),
            algorithm: members.one_of("EncryptionAlgorithm").unwrap_or_default(),
            dry_run: members.flag("DryRun"),
        };
        let request = members.finish(request)?;
        check_context(&request.context)?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated::encrypting(&request.context, request.algorithm.name(), &request.grant_tokens);
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        show_context(Shown::new().text("keyId", &request.key), "encryptionContext", &request.context)
            .text("encryptionAlgorithm", request.algorithm.name())
            .maybe_flag("dryRun", request.dry_run)
    }

    fn told(response: &Response) -> Told {
        told_material(response.material)
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.ciphertext_blob.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.dry_run)
    }

    fn suits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        request.cipher().check(key)?;
        request.cipher().check_size(key, request.plaintext.len())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let encrypted = request.cipher().encrypt(kms, &permit, key, request.plaintext.expose())?;
        Ok(Response {
            ciphertext_blob: Base64(encrypted.blob),
            key_id: KeyArn(Arc::clone(key)),
            encryption_algorithm: request.algorithm,
            material: encrypted.material,
        })
    }
}
