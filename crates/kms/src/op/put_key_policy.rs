//! PutKeyPolicy: another policy for a key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{self, KEY_ID, POLICY};
use super::policy::{Lockout, check_policy_name, checked_policy};
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{KeyRecord, POLICY_NAME};

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
            policy_name: members.text("PolicyName", &member::POLICY_NAME),
            policy: members.required_text("Policy", &POLICY),
            bypass_lockout_check: members.flag("BypassPolicyLockoutSafetyCheck"),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let bypasses_lockout_check = request.bypass_lockout_check;
        let policy_name = request.policy_name.as_deref().or(Some(POLICY_NAME));
        let stated = Stated { policy_name, bypasses_lockout_check, ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .text("policyName", request.policy_name.as_deref().unwrap_or(POLICY_NAME))
            .text("policy", &request.policy)
            .flag("bypassPolicyLockoutSafetyCheck", request.bypass_lockout_check.unwrap_or(false))
    }

    fn fits(request: &Request<'_>, _: &OneKey) -> Result<(), Fault> {
        check_policy_name(request.policy_name.as_deref())
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let record = KeyRecord { policy: request.policy.to_string(), ..key.record.clone() };
        let lockout = Lockout::of_request(request.bypass_lockout_check);
        let record = checked_policy(kms, permit.call(), &key.place, record, lockout).await?;
        kms.commit(Changes::new().update_key(key, &record)).await
    }
}
