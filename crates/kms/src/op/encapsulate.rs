//! Encapsulate: a fresh secret, plain and encapsulated for the holder of a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::answer::SecretOut;
use super::member::{KEY_ID, grant_tokens};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::{EncapsulationAlgorithm, KeyArn};

pub(crate) struct Encapsulate;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    algorithm: EncapsulationAlgorithm,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    shared_secret: SecretOut,
    shared_secret_ciphertext_blob: Base64<Vec<u8>>,
    encapsulation_algorithm: EncapsulationAlgorithm,
}

impl Operation for Encapsulate {
    const FACTS: Facts = Facts::of_use(
        "Encapsulate",
        "kms:Encapsulate",
        GrantOperation::Encapsulate,
        KeyUsage::ENCAPSULATE_DECAPSULATE,
    );
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            algorithm: members.required_one_of("EncapsulationAlgorithm"),
            grant_tokens: grant_tokens(&mut members),
            dry_run: members.flag("DryRun"),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated { grant_tokens: &request.grant_tokens, ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .text("encapsulationAlgorithm", request.algorithm.name())
            .maybe_flag("dryRun", request.dry_run)
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.shared_secret_ciphertext_blob.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.dry_run)
    }

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let encapsulated = key.public_key(&permit)?.encapsulate().map_err(Fault::internal)?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            shared_secret: SecretOut(encapsulated.shared_secret),
            shared_secret_ciphertext_blob: Base64(encapsulated.ciphertext),
            encapsulation_algorithm: request.algorithm,
        })
    }
}
