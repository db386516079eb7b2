//! GenerateDataKeyPair: a fresh key pair, its private half plain and encrypted under a key.

use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::{MaterialId, Secret};
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::answer::SecretOut;
use super::encryption::told_material;
use super::key_pair::KeyPairAsk;
use super::member::{KEY_ID, Recipient, check_context, encryption_context, grant_tokens};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, QuotaBucket, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{KeyArn, KeyPairSpec};
use crate::pipeline::Told;

pub(crate) struct GenerateDataKeyPair;

pub(crate) struct Request<'b> {
    ask: KeyPairAsk<'b>,
    recipient: Option<Recipient>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    private_key_ciphertext_blob: Base64<Vec<u8>>,
    private_key_plaintext: SecretOut,
    public_key: Base64<Vec<u8>>,
    key_id: KeyArn,
    key_pair_spec: KeyPairSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<MaterialId>,
}

impl Operation for GenerateDataKeyPair {
    const FACTS: Facts = Facts {
        quota: QuotaBucket::DataKeyPair,
        ..Facts::of_use(
            "GenerateDataKeyPair",
            "kms:GenerateDataKeyPair",
            GrantOperation::GenerateDataKeyPair,
            KeyUsage::ENCRYPT_DECRYPT,
        )
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let context = encryption_context(&mut members, "EncryptionContext");
        let key = members.required_text("KeyId", &KEY_ID);
        let spec = members.required_one_of("KeyPairSpec");
        let grant_tokens = grant_tokens(&mut members);
        let recipient = Recipient::take(&mut members);
        let dry_run = members.flag("DryRun");
        let ask = KeyPairAsk { key, context, spec, grant_tokens, dry_run };
        let request = members.finish(Request { ask, recipient })?;
        check_context(&request.ask.context)?;
        Ok(request)
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
        let (private, public) = (&response.private_key_plaintext.0, &response.public_key.0);
        let data = response.private_key_ciphertext_blob.0.len() + private.len() + public.len();
        USUAL_ANSWER_BYTES + base64_bytes(data)
    }

    fn pair(request: &Request<'_>) -> Option<KeyPairSpec> {
        Some(request.ask.spec)
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.ask.dry_run)
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        Recipient::check(request.recipient)
    }

    fn suits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        request.ask.check(key)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let (pair, encrypted) = request.ask.generate(kms, &permit).await?;
        Ok(Response {
            private_key_ciphertext_blob: Base64(encrypted.blob),
            private_key_plaintext: SecretOut(Secret::new(pair.pkcs8().expose().to_vec())),
            public_key: Base64(pair.public_key().der().to_vec()),
            key_id: KeyArn(Arc::clone(key)),
            key_pair_spec: request.ask.spec,
            key_material_id: encrypted.material,
        })
    }
}
