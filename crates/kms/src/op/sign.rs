//! Sign: a signature with the private half of a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::Secret;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::member::{KEY_ID, grant_tokens};
use super::signing::{MESSAGE_BYTES, Signing};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{KeyArn, SigningAlgorithm};

pub(crate) struct Sign;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    signing: Signing,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    signature: Base64<Vec<u8>>,
    signing_algorithm: SigningAlgorithm,
}

impl Operation for Sign {
    const FACTS: Facts = Facts::of_use("Sign", "kms:Sign", GrantOperation::Sign, KeyUsage::SIGN_VERIFY);
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let message = Secret::new(members.required_blob("Message", MESSAGE_BYTES));
        let message_type_sent = members.one_of("MessageType");
        let grant_tokens = grant_tokens(&mut members);
        let algorithm = members.required_one_of("SigningAlgorithm");
        let dry_run = members.flag("DryRun");
        let signing = Signing { message, message_type_sent, algorithm };
        Ok(members.finish(Request { key, signing, grant_tokens, dry_run })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key).stating(request.signing.states(&request.grant_tokens)))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.signing.show(Shown::new().text("keyId", &request.key), request.dry_run)
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.signature.0.len())
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.dry_run)
    }

    fn suits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        request.signing.check(key)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let signable = request.signing.signable()?;
        let private = key.private_key(&permit)?;
        let signature = kms.exertion.of(private.spec(), || private.sign(&signable)).await;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            signature: Base64(signature.map_err(Fault::internal)?),
            signing_algorithm: request.signing.algorithm,
        })
    }
}
