//! GetKeyPolicy: a key's policy as it was given.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{self, KEY_ID};
use super::policy::check_policy_name;
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::kms::Kms;
use crate::model::POLICY_NAME;

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
            policy_name: members.text("PolicyName", &member::POLICY_NAME),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated =
            Stated { policy_name: request.policy_name.as_deref().or(Some(POLICY_NAME)), ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        let policy_name = request.policy_name.as_deref().unwrap_or(POLICY_NAME);
        Shown::new().text("keyId", &request.key).text("policyName", policy_name)
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        check_policy_name(request.policy_name.as_deref())
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let (record, partition) = (&key.record, key.place.region.partition());
        let shown = kms.directory.shown(&record.policy, &record.bindings, partition).await;
        Ok(Response { policy: shown.map_err(Fault::internal)?, policy_name: POLICY_NAME })
    }
}
