//! ReplicateKey: a multi-Region key comes to be in another Region too, with all of its material.

use std::borrow::Cow;

use claviger_audit::{Json, Shown};
use claviger_names::Region;
use claviger_policy::default_key_policy;
use claviger_store::Revision;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{DESCRIPTION, KEY_ID, POLICY, REGION, RequestTags, TagOut, show_tags, tags};
use super::policy::{Lockout, checked_policy};
use super::replica::{check_room, creation_shown, replica_record};
use super::{Facts, Operation, States};
use crate::fault::Fault;
use crate::gate::{Permit, RegionAsk, Replicated, Stated};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyMetadata, Place, Tags};
use crate::pipeline::{Elsewhere, Told};
use crate::quota::RequestQuota;

pub(crate) struct ReplicateKey;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    region: Region,
    policy: Option<Cow<'b, str>>,
    bypass_lockout_check: Option<bool>,
    description: Cow<'b, str>,
    sent_tags: RequestTags<'b>,
    tags: Tags,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    replica_key_metadata: KeyMetadata,
    replica_policy: String,
    replica_tags: Vec<TagOut>,
    #[serde(skip)]
    region: Region,
    /// What the record of the replica's creation shows of it.
    #[serde(skip)]
    creation: Option<Json>,
}

impl Operation for ReplicateKey {
    const FACTS: Facts = Facts {
        states: States::Enabled,
        has_output: true,
        ..Facts::of_key("ReplicateKey", "kms:ReplicateKey")
    };
    type Scope = Replicated;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let region = members.required_text("ReplicaRegion", &REGION);
        let policy = members.text("Policy", &POLICY);
        let bypass_lockout_check = members.flag("BypassPolicyLockoutSafetyCheck");
        let description = members.text("Description", &DESCRIPTION).unwrap_or_default();
        let sent_tags = tags(&mut members).unwrap_or_default();
        members.finish(())?;
        let region = region.parse().map_err(Fault::internal)?;
        let tags = Tags::of_request(sent_tags.iter().map(|(key, value)| (&**key, &**value)))?;
        Ok(Request { key, region, policy, bypass_lockout_check, description, sent_tags, tags })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<RegionAsk<'r>, Fault> {
        let stated = Stated {
            bypasses_lockout_check: request.bypass_lockout_check,
            tags: Some(&request.tags),
            ..Stated::default()
        };
        Ok(RegionAsk { key: &request.key, region: request.region, stated })
    }

    fn shown(request: &Request<'_>) -> Shown {
        let shown = Shown::new()
            .text("keyId", &request.key)
            .text("replicaRegion", request.region.as_str())
            .maybe_text("policy", request.policy.as_deref())
            .flag("bypassPolicyLockoutSafetyCheck", request.bypass_lockout_check == Some(true))
            .text("description", &request.description);
        show_tags(shown, &request.sent_tags)
    }

    fn told(response: &Response) -> Told {
        let Response { replica_key_metadata: metadata, replica_policy, replica_tags, region, creation } =
            response;
        let shown = Shown::new()
            .object("replicaKeyMetadata", metadata.shown())
            .text("replicaPolicy", replica_policy)
            .objects("replicaTags", replica_tags.iter().map(TagOut::shown));
        Told::elements(shown).with_record(Elsewhere {
            event_name: "CreateKey",
            region: *region,
            shown: creation.clone(),
            response_elements: Shown::new().object("keyMetadata", metadata.shown()).done(),
            resource: metadata.resource(),
        })
    }

    fn counts_in(request: &Request<'_>) -> Option<(Region, RequestQuota, u32)> {
        const CREATIONS: u32 = 2;
        RequestQuota::of_operation("CreateKey").map(|quota| (request.region, quota, CREATIONS))
    }

    fn fits(_: &Request<'_>, Replicated(key): &Replicated) -> Result<(), Fault> {
        key.check_primary().map(|_| ())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, Replicated>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let Replicated(primary) = permit.scope();
        let place = Place { region: request.region, ..primary.place };
        let set = check_room(kms, primary, place).await?.with(request.region);
        let mut record = replica_record(kms, primary, set);
        record.description = request.description.to_string();
        record.tags = request.tags.clone();
        record.policy = match &request.policy {
            None => default_key_policy(place.region.partition(), place.account),
            Some(policy) => policy.to_string(),
        };
        let lockout = Lockout::of_policy(request.policy.is_some(), request.bypass_lockout_check);
        let there = permit.call().in_region(request.region);
        let record = checked_policy(kms, &there, &place, record, lockout).await?;
        // What its owner brings, its owner brings into every Region.
        let copied = |id| record.materials.iter().any(|material| material.id == id && material.is_present());
        let materials = primary.materials(&permit).filter(|(id, _)| copied(*id));
        let changes = Changes::new().create_replica(&place, &record, materials);
        let changes = kms.change_set(changes, primary, &primary.record.following(&record)).await?;
        if !changes.fits() {
            let text = format!("{} has too many key materials to be replicated.", primary.arn);
            return Err(Fault::LimitExceeded(text.into()));
        }
        let _turn = kms.key_counts.admit(&kms.store, place, &kms.quotas).await?;
        kms.commit(changes).await?;
        let creation = creation_shown(&record, request.bypass_lockout_check, &request.sent_tags).done();
        let replica_policy = record.policy.clone();
        let replica_tags = record.tags.iter().map(TagOut::of).collect();
        let key = Key::assemble(place, record, Vec::new(), Revision(0), Vec::new())?;
        let replica_key_metadata = KeyMetadata::of(&key).creating();
        Ok(Response { replica_key_metadata, replica_policy, replica_tags, region: place.region, creation })
    }
}
