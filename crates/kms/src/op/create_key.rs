//! CreateKey: a new key with fresh material.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_policy::default_key_policy;
use claviger_store::Revision;
use claviger_wire::Members;
use serde::Serialize;

use super::key_choice::KeyChoice;
use super::key_store::{check_placement, no_store_for};
use super::member::{CUSTOM_KEY_STORE_ID, DESCRIPTION, POLICY, RequestTags, XKS_KEY_ID, show_tags, tags};
use super::policy::{Lockout, checked_policy};
use super::{Facts, KeyNames, Operation, PolicyType, States};
use crate::fault::Fault;
use crate::gate::{NoKey, Permit, Stated};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyMetadata, Tags};
use crate::pipeline::Told;

pub(crate) struct CreateKey;

pub(crate) struct Request<'b> {
    policy: Option<Cow<'b, str>>,
    description: Cow<'b, str>,
    choice: KeyChoice,
    key_store: Option<Cow<'b, str>>,
    bypass_lockout_check: Option<bool>,
    sent_tags: RequestTags<'b>,
    tags: Tags,
    multi_region: Option<bool>,
    external_key: Option<Cow<'b, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_metadata: KeyMetadata,
}

impl Operation for CreateKey {
    const FACTS: Facts = Facts {
        policy: PolicyType::Iam,
        names: KeyNames::None,
        states: States::Any,
        has_output: true,
        ..Facts::of_key("CreateKey", "kms:CreateKey")
    };
    type Scope = NoKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            policy: members.text("Policy", &POLICY),
            description: members.text("Description", &DESCRIPTION).unwrap_or_default(),
            choice: KeyChoice::take(&mut members),
            key_store: members.text("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID),
            bypass_lockout_check: members.flag("BypassPolicyLockoutSafetyCheck"),
            sent_tags: tags(&mut members).unwrap_or_default(),
            tags: Tags::default(),
            multi_region: members.flag("MultiRegion"),
            external_key: members.text("XksKeyId", &XKS_KEY_ID),
        };
        let mut request = members.finish(request)?;
        request.choice.check()?;
        check_placement(
            request.choice.origin(),
            request.key_store.as_deref(),
            request.external_key.as_deref(),
        )?;
        request.tags = Tags::of_request(request.sent_tags.iter().map(|(key, value)| (&**key, &**value)))?;
        Ok(request)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<Stated<'r>, Fault> {
        Ok(Stated {
            bypasses_lockout_check: request.bypass_lockout_check,
            tags: Some(&request.tags),
            new_key: Some(request.choice.traits(request.multi_region)),
            ..Stated::default()
        })
    }

    fn shown(request: &Request<'_>) -> Shown {
        let described = Shown::new().text("description", &request.description);
        let shown = (request.choice.show(described))
            .flag("multiRegion", request.multi_region == Some(true))
            .maybe_text("policy", request.policy.as_deref())
            .flag("bypassPolicyLockoutSafetyCheck", request.bypass_lockout_check.unwrap_or(false))
            .maybe_text("customKeyStoreId", request.key_store.as_deref())
            .maybe_text("xksKeyId", request.external_key.as_deref());
        show_tags(shown, &request.sent_tags)
    }

    fn told(response: &Response) -> Told {
        let elements = Shown::new().object("keyMetadata", response.key_metadata.shown());
        Told::elements(elements).with_resource(response.key_metadata.resource())
    }

    fn fits(request: &Request<'_>, NoKey(place): &NoKey) -> Result<(), Fault> {
        match request.key_store {
            Some(_) => Err(no_store_for(request.choice.traits(request.multi_region))),
            None => request.choice.check_supported(place.region),
        }
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, NoKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let place = permit.place();
        let policy = match &request.policy {
            None => default_key_policy(place.region.partition(), place.account),
            Some(policy) => policy.to_string(),
        };
        let mut record = request.choice.new_key(kms, request.multi_region)?;
        record.description = request.description.to_string();
        record.tags = request.tags.clone();
        let lockout = Lockout::of_policy(request.policy.is_some(), request.bypass_lockout_check);
        record.policy = policy;
        let mut record = checked_policy(kms, permit.call(), &place, record, lockout).await?;
        // Only now: it may take long, and what is refused is to cost nothing.
        let _turn = kms.key_counts.admit(&kms.store, place, &kms.quotas).await?;
        let material = request.choice.fill(kms, &place, &mut record).await?;
        kms.commit(Changes::new().create_key(&place, &record, material)).await?;
        let key = Key::assemble(place, record, Vec::new(), Revision(0), Vec::new())?;
        Ok(Response { key_metadata: KeyMetadata::of(&key) })
    }
}
