//! DescribeKey: what there is to know of a key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{KEY_ID, grant_tokens};
use super::{Facts, GrantOperation, KeyNames, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::KeyMetadata;

pub(crate) struct DescribeKey;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    grant_tokens: Vec<Cow<'b, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_metadata: KeyMetadata,
}

impl Operation for DescribeKey {
    const FACTS: Facts = Facts {
        grant: Some(GrantOperation::DescribeKey),
        cross_account: true,
        names: KeyNames::KeyOrAlias,
        states: States::Any,
        quota: QuotaBucket::Own(2000),
        read_only: true,
        has_output: true,
        ..Facts::of_key("DescribeKey", "kms:DescribeKey")
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

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let gone = kms.gone_replicas(key).await?;
        Ok(Response { key_metadata: KeyMetadata::of(key).without_replicas(&gone) })
    }
}
