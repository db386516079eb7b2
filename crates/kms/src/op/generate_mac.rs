//! GenerateMac: the authentication code of a message.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::Secret;
use claviger_wire::{Base64, Members};
use serde::Serialize;

use super::mac::Authenticating;
use super::member::{KEY_ID, grant_tokens};
use super::signing::MESSAGE_BYTES;
use super::{DryRun, Facts, GrantOperation, KeyUsage, Operation};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{KeyArn, MacAlgorithm};

pub(crate) struct GenerateMac;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    authenticating: Authenticating,
    grant_tokens: Vec<Cow<'b, str>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    mac: Base64<Vec<u8>>,
    mac_algorithm: MacAlgorithm,
    key_id: KeyArn,
}

impl Operation for GenerateMac {
    const FACTS: Facts = Facts::of_use(
        "GenerateMac",
        "kms:GenerateMac",
        GrantOperation::GenerateMac,
        KeyUsage::GENERATE_VERIFY_MAC,
    );
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let message = Secret::new(members.required_blob("Message", MESSAGE_BYTES));
        let key = members.required_text("KeyId", &KEY_ID);
        let algorithm = members.required_one_of("MacAlgorithm");
        let grant_tokens = grant_tokens(&mut members);
        let dry_run = members.flag("DryRun");
        let authenticating = Authenticating { message, algorithm };
        Ok(members.finish(Request { key, authenticating, grant_tokens, dry_run })?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key).stating(request.authenticating.states(&request.grant_tokens)))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.authenticating.show(Shown::new().text("keyId", &request.key), request.dry_run)
    }

    fn dry_run(request: &Request<'_>) -> DryRun {
        DryRun::asked(request.dry_run)
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
        let mac = key.mac_key(&permit)?.tag(request.authenticating.message.expose());
        Ok(Response {
            mac: Base64(mac),
            mac_algorithm: request.authenticating.algorithm,
            key_id: KeyArn(Arc::clone(key)),
        })
    }
}
