//! GetKeyPolicy: a key's policy as it was given.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{KEY_ID, POLICY_NAME};
use super::policy::{DEFAULT_POLICY_NAME, check_policy_name};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;

pub(crate) struct GetKeyPolicy;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    policy_name: Option<Cow<'b, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    policy: String,
    policy_name: &'static str,
}

impl Operation for GetKeyPolicy {
    const FACTS: Facts = Facts {
        states: States::Any,
        quota: QuotaBucket::Own(1000),
        read_only: true,
        has_output: true,
        ..Facts::of_key("GetKeyPolicy", "kms:GetKeyPolicy")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            policy_name: members.text("PolicyName", &POLICY_NAME),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::Named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let policy_name = request.policy_name.as_deref().unwrap_or(DEFAULT_POLICY_NAME);
        Shown::new().text("keyId", &request.key).text("policyName", policy_name)
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        check_policy_name(request.policy_name.as_deref())
    }

    async fn run(_: &Kms, permit: Permit<OneKey>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        Ok(Response { policy: key.record.policy.clone(), policy_name: DEFAULT_POLICY_NAME })
    }
}
