//! PutKeyPolicy: another policy for a key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{KEY_ID, POLICY, POLICY_NAME};
use super::policy::{DEFAULT_POLICY_NAME, check_policy, check_policy_name};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::KeyRecord;

pub(crate) struct PutKeyPolicy;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    policy_name: Option<Cow<'b, str>>,
    policy: Cow<'b, str>,
    bypass_lockout_check: Option<bool>,
}

impl Operation for PutKeyPolicy {
    const FACTS: Facts = Facts {
        states: States::Any,
        quota: QuotaBucket::Own(15),
        ..Facts::of_key("PutKeyPolicy", "kms:PutKeyPolicy")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            policy_name: members.text("PolicyName", &POLICY_NAME),
            policy: members.required_text("Policy", &POLICY),
            bypass_lockout_check: members.flag("BypassPolicyLockoutSafetyCheck"),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::Named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .text("policyName", request.policy_name.as_deref().unwrap_or(DEFAULT_POLICY_NAME))
            .text("policy", &request.policy)
            .maybe_flag("bypassPolicyLockoutSafetyCheck", request.bypass_lockout_check)
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        check_policy_name(request.policy_name.as_deref())
    }

    async fn run(kms: &Kms, permit: Permit<OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let bypass = request.bypass_lockout_check == Some(true);
        check_policy(kms, permit.caller(), &request.policy, bypass).await?;
        let record = KeyRecord { policy: request.policy.to_string(), ..key.record.clone() };
        kms.commit(Changes::new().update_key(key, &record)).await
    }
}
