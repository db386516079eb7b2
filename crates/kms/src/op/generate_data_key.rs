//! GenerateDataKey: a fresh data key, plain and under a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::answer::SecretOut;
use super::data_key;
use super::encryption::told_material;
use super::member::{
    ContextPairs, KEY_ID, NUMBER_OF_BYTES, Recipient, check_context, encryption_context, grant_tokens,
    show_context,
};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::{DataKeySpec, EncryptionAlgorithm, KeyArn};
use crate::pipeline::Told;

pub(crate) struct GenerateDataKey;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    context: ContextPairs<'b>,
    spec: Option<DataKeySpec>,
    number_of_bytes: Option<i64>,
    bytes: usize,
    grant_tokens: Vec<Cow<'b, str>>,
    recipient: Option<Recipient>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    ciphertext_blob: Base64<Vec<u8>>,
    plaintext: SecretOut,
    key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for GenerateDataKey {
    const FACTS: Facts = Facts::of_use(
        "GenerateDataKey",
        "kms:GenerateDataKey",
        GrantOperation::GenerateDataKey,
        KeyUsage::ENCRYPT_DECRYPT,
    );
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let mut request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            context: encryption_context(&mut members, "EncryptionContext"),
            number_of_bytes: members.whole("NumberOfBytes", NUMBER_OF_BYTES),
            spec: members.one_of("KeySpec"),
            bytes: 0,
            grant_tokens: grant_tokens(&mut members),
            recipient: Recipient::take(&mut members),
            dry_run: members.flag("DryRun"),
        };
        request = members.finish(request)?;
        request.bytes = data_key::length_bytes(request.spec, request.number_of_bytes)?;
        check_context(&request.context)?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated::encrypting(
            &request.context,
            EncryptionAlgorithm::SYMMETRIC_DEFAULT.name(),
            &request.grant_tokens,
        );
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        show_context(Shown::new().text("keyId", &request.key), "encryptionContext", &request.context)
            .maybe_text("keySpec", request.spec.map(DataKeySpec::name))
            .maybe_number("numberOfBytes", request.number_of_bytes)
            .maybe_flag("dryRun", request.dry_run)
    }

    fn told(response: &Response) -> Told {
        told_material(response.key_material_id)
    }

    fn answer_bytes(response: &Response) -> usize {
        let data = response.ciphertext_blob.0.len() + response.plaintext.0.len();
        USUAL_ANSWER_BYTES + base64_bytes(data)
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.dry_run)
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        Recipient::check(request.recipient)
    }

    fn suits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        data_key::check(key)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let (plaintext, encrypted) = data_key::generate(kms, &permit, key, &request.context, request.bytes)?;
        Ok(Response {
            ciphertext_blob: Base64(encrypted.blob),
            plaintext: SecretOut(plaintext),
            key_id: KeyArn(Arc::clone(key)),
            key_material_id: encrypted.material,
        })
    }
}
