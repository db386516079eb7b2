//! A key that is to be in another Region too: whether it can be, and what of it is new there.

use claviger_audit::Shown;
use claviger_iam::Bindings;

use super::member::{RequestTags, show_tags};
use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::{Key, KeyRecord, KeyState, Place, REGIONS_PER_KEY_MAX, RegionSet, Tags};

/// The primary's set; refuses a place where no other key of it can be.
pub(super) async fn check_room<'k>(
    kms: &Kms,
    primary: &'k Key,
    place: Place,
) -> Result<&'k RegionSet, Fault> {
    let set = primary.check_primary()?;
    check_region(kms, primary, place)?;
    let id = primary.record.id;
    if kms.key(place, id).await?.is_some() {
        return Err(Fault::ReplicaExists(id.arn(place.account, place.region).into()));
    }
    if set.contains(place.region) || kms.held_key(place, id).await?.is_some() {
        // Its waiting period is over: once that deletion is done, this starts over.
        kms.delete_past(place, id).await?;
        return Err(Fault::Overtaken);
    }
    match set.regions().count() < REGIONS_PER_KEY_MAX {
        true => Ok(set),
        false => Err(Fault::LimitExceeded(
            format!("{} is in {REGIONS_PER_KEY_MAX} Regions and can be in no more.", primary.arn).into(),
        )),
    }
}

/// Refuses a Region that has no keys, or that is in another partition than the key.
pub(super) fn check_region(kms: &Kms, key: &Key, place: Place) -> Result<(), Fault> {
    match kms.serves(place.region) && place.region.partition() == key.place.region.partition() {
        true => Ok(()),
        false => Err(Fault::Unsupported(Some(
            format!("{} cannot have a related key in Region {}.", key.arn, place.region).into(),
        ))),
    }
}

/// The primary's record with all that is a replica's own still empty.
pub(super) fn replica_record(kms: &Kms, primary: &Key, set: RegionSet) -> KeyRecord {
    let own = KeyRecord {
        created: kms.now(),
        description: String::new(),
        state: KeyState::Enabled,
        tags: Tags::default(),
        policy: String::new(),
        bindings: Bindings::default(),
        materials: Vec::new(),
        pending_material: None,
        multi_region: Some(set),
        ..primary.record.clone()
    };
    let shared = KeyRecord { multi_region: own.multi_region.clone(), ..primary.record.clone() };
    own.following(&shared)
}

/// What the record of a replica's creation shows: the key as CreateKey would be asked for it.
pub(super) fn creation_shown(record: &KeyRecord, bypass: Option<bool>, tags: &RequestTags<'_>) -> Shown {
    let shown = Shown::new()
        .text("description", &record.description)
        .text("keyUsage", record.usage.name())
        .text("keySpec", record.spec.name())
        .text("customerMasterKeySpec", record.spec.name())
        .text("origin", record.origin.name())
        .flag("multiRegion", true)
        .text("multiRegionKeyType", "REPLICA")
        .text("policy", &record.policy)
        .maybe_flag("bypassPolicyLockoutSafetyCheck", bypass);
    show_tags(shown, tags)
}
