//! GetPublicKey: the public half of a key.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_wire::{Base64, Members, base64_bytes};
use serde::Serialize;

use super::member::{KEY_ID, grant_tokens};
use super::{Facts, GrantOperation, KeyNames, Operation, QuotaBucket, USUAL_ANSWER_BYTES};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::{Algorithms, KeyArn, KeyKind, KeySpec, KeyUsage};

pub(crate) struct GetPublicKey;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    grant_tokens: Vec<Cow<'b, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    public_key: Base64<Vec<u8>>,
    customer_master_key_spec: KeySpec,
    key_spec: KeySpec,
    key_usage: KeyUsage,
    #[serde(flatten)]
    algorithms: Algorithms,
}

impl Operation for GetPublicKey {
    const FACTS: Facts = Facts {
        grant: Some(GrantOperation::GetPublicKey),
        cross_account: true,
        names: KeyNames::KeyOrAlias,
        quota: QuotaBucket::Own(2000),
        read_only: true,
        has_output: true,
        ..Facts::of_key("GetPublicKey", "kms:GetPublicKey")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            grant_tokens: grant_tokens(&mut members),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated { grant_tokens: &request.grant_tokens, ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().text("keyId", &request.key)
    }

    fn answer_bytes(response: &Response) -> usize {
        USUAL_ANSWER_BYTES + base64_bytes(response.public_key.0.len())
    }

    fn suits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        match key.record.spec.kind() {
            KeyKind::Asymmetric => Ok(()),
            KeyKind::Symmetric | KeyKind::Hmac => Err(Fault::Unsupported(None)),
        }
    }

    async fn run(_: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let record = &key.record;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            public_key: Base64(key.public_key(&permit)?.der().to_vec()),
            customer_master_key_spec: record.spec,
            key_spec: record.spec,
            key_usage: record.usage,
            algorithms: Algorithms::of(record.spec, record.usage),
        })
    }
}
