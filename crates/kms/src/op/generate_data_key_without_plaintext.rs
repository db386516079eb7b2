//! GenerateDataKeyWithoutPlaintext: a fresh data key under a key, to be decrypted when it is needed.

use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::data_key::{self, DataKeyAsk};
use super::encryption::told_material;
use super::member::{KEY_ID, NUMBER_OF_BYTES, check_context, encryption_context, grant_tokens};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::KeyArn;
use crate::pipeline::Told;

pub(crate) struct GenerateDataKeyWithoutPlaintext;

pub(crate) struct Request<'b> {
    ask: DataKeyAsk<'b>,
    bytes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    ciphertext_blob: Base64<Vec<u8>>,
    key_id: KeyArn,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for GenerateDataKeyWithoutPlaintext {
    const FACTS: Facts = Facts::of_use(
        "GenerateDataKeyWithoutPlaintext",
        "kms:GenerateDataKeyWithoutPlaintext",
        GrantOperation::GenerateDataKeyWithoutPlaintext,
        KeyUsage::ENCRYPT_DECRYPT,
    );
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let context = encryption_context(&mut members, "EncryptionContext");
        let number_of_bytes = members.whole("NumberOfBytes", NUMBER_OF_BYTES);
        let spec = members.one_of("KeySpec");
        let grant_tokens = grant_tokens(&mut members);
        let dry_run = members.flag("DryRun");
        let ask = DataKeyAsk { key, context, spec, number_of_bytes, grant_tokens, dry_run };
        let ask = members.finish(ask)?;
        let bytes = data_key::length_bytes(ask.spec, ask.number_of_bytes)?;
        check_context(&ask.context)?;
        Ok(Request { ask, bytes })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.ask.key).stating(request.ask.states()))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.ask.show()
    }

    fn told(response: &Response) -> Told {
        told_material(response.key_material_id)
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.ciphertext_blob.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.ask.dry_run)
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
        let (_, encrypted) = data_key::generate(kms, &permit, key, &request.ask.context, request.bytes)?;
        Ok(Response {
            ciphertext_blob: Base64(encrypted.blob),
            key_id: KeyArn(Arc::clone(key)),
            key_material_id: encrypted.material,
        })
    }
}
