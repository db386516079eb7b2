//! GenerateDataKeyPairWithoutPlaintext: a fresh key pair, its private half encrypted under a key, for later.

use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::encryption::told_material;
use super::key_pair::KeyPairAsk;
use super::member::{KEY_ID, check_context, encryption_context, grant_tokens};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, QuotaBucket, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{KeyArn, KeyPairSpec};
use crate::pipeline::Told;

pub(crate) struct GenerateDataKeyPairWithoutPlaintext;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    private_key_ciphertext_blob: Base64<Vec<u8>>,
    public_key: Base64<Vec<u8>>,
    key_id: KeyArn,
    key_pair_spec: KeyPairSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for GenerateDataKeyPairWithoutPlaintext {
    const FACTS: Facts = Facts {
        quota: QuotaBucket::DataKeyPair,
        ..Facts::of_use(
            "GenerateDataKeyPairWithoutPlaintext",
            "kms:GenerateDataKeyPairWithoutPlaintext",
            GrantOperation::GenerateDataKeyPairWithoutPlaintext,
            KeyUsage::ENCRYPT_DECRYPT,
        )
    };
    type Scope = OneKey;
    type Request<'b> = KeyPairAsk<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<KeyPairAsk<'_>, Fault> {
        let context = encryption_context(&mut members, "EncryptionContext");
        let key = members.required_text("KeyId", &KEY_ID);
        let spec = members.required_one_of("KeyPairSpec");
        let grant_tokens = grant_tokens(&mut members);
        let dry_run = members.flag("DryRun");
        let ask = KeyPairAsk { key, context, spec, grant_tokens, dry_run };
        let ask = members.finish(ask)?;
        check_context(&ask.context)?;
        Ok(ask)
    }

    fn asks<'r>(ask: &'r KeyPairAsk<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&ask.key).stating(ask.states()))
    }

    fn shown(ask: &KeyPairAsk<'_>) -> Shown {
        ask.show()
    }

    fn told(response: &Response) -> Told {
        told_material(response.key_material_id)
    }

    fn answer_bytes(response: &Response) -> usize {
        let data = response.private_key_ciphertext_blob.0.len() + response.public_key.0.len();
        USUAL_ANSWER_BYTES + base64_bytes(data)
    }

    fn pair(ask: &KeyPairAsk<'_>) -> Option<KeyPairSpec> {
        Some(ask.spec)
    }

    fn dry_run(ask: &KeyPairAsk<'_>) -> DryRun {
        DryRun::asked(ask.dry_run)
    }

    fn suits(ask: &KeyPairAsk<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        ask.check(key)
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, ask: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let (pair, encrypted) = ask.generate(kms, &permit).await?;
        Ok(Response {
            private_key_ciphertext_blob: Base64(encrypted.blob),
            public_key: Base64(pair.public_key().der().to_vec()),
            key_id: KeyArn(Arc::clone(key)),
            key_pair_spec: ask.spec,
            key_material_id: encrypted.material,
        })
    }
}
