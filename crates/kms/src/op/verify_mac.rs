//! VerifyMac: whether an authentication code is that of a message.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::Secret;
use claviger_wire::Members;
use serde::Serialize;

use super::mac::Authenticating;
use super::member::{KEY_ID, grant_tokens};
use super::signing::{MESSAGE_BYTES, PROOF_BYTES};
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{KeyArn, MacAlgorithm};

pub(crate) struct VerifyMac;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    authenticating: Authenticating,
    mac: Vec<u8>,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    mac_valid: bool,
    mac_algorithm: MacAlgorithm,
}

impl Operation for VerifyMac {
    const FACTS: Facts =
        Facts::of_use("VerifyMac", "kms:VerifyMac", GrantOperation::VerifyMac, KeyUsage::GENERATE_VERIFY_MAC);
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let message = Secret::new(members.required_blob("Message", MESSAGE_BYTES));
        let key = members.required_text("KeyId", &KEY_ID);
        let algorithm = members.required_one_of("MacAlgorithm");
        let mac = members.required_blob("Mac", PROOF_BYTES);
        let grant_tokens = grant_tokens(&mut members);
        let dry_run = members.flag("DryRun");
        let authenticating = Authenticating { message, algorithm };
        Ok(members.finish(Request { key, authenticating, mac, grant_tokens, dry_run })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key).stating(request.authenticating.states(&request.grant_tokens)))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.authenticating.show(Shown::new().text("keyId", &request.key), request.dry_run)
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked_of_proof(request.dry_run)
    }

    fn suits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        request.authenticating.check(key)
    }

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        // AWS never answers that a code is not valid: that is an error.
        let verified = key.mac_key(&permit)?.verify(request.authenticating.message.expose(), &request.mac);
        verified.map_err(|_| Fault::InvalidMac)?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            mac_valid: true,
            mac_algorithm: request.authenticating.algorithm,
        })
    }
}
