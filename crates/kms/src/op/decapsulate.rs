//! Decapsulate: the secret that was encapsulated for the holder of a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::DecapsulateError;
use claviger_wire::Members;
use serde::Serialize;

use super::answer::SecretOut;
use super::member::{CIPHERTEXT_BYTES, KEY_ID, grant_tokens};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::{EncapsulationAlgorithm, KeyArn};

pub(crate) struct Decapsulate;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    ciphertext: Vec<u8>,
    algorithm: EncapsulationAlgorithm,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    shared_secret: SecretOut,
    encapsulation_algorithm: EncapsulationAlgorithm,
}

impl Operation for Decapsulate {
    const FACTS: Facts = Facts::of_use(
        "Decapsulate",
        "kms:Decapsulate",
        GrantOperation::Decapsulate,
        KeyUsage::ENCAPSULATE_DECAPSULATE,
    );
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            ciphertext: members.required_blob("SharedSecretCiphertextBlob", CIPHERTEXT_BYTES),
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

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked_of_proof(request.dry_run)
    }

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let secret = key.private_key(&permit)?.decapsulate(&request.ciphertext);
        let shared_secret = secret.map(SecretOut).map_err(|why| match why {
            DecapsulateError::CiphertextLength { .. } => Fault::InvalidCiphertext,
            DecapsulateError::NotMlKem | DecapsulateError::Failed(_) => Fault::internal(why),
        })?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            shared_secret,
            encapsulation_algorithm: request.algorithm,
        })
    }
}
