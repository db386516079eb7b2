//! Deletes the keys whose waiting period is over, their material with them.

use claviger_names::KeyId;
use futures_util::future::BoxFuture;

use super::service_event::{ServiceEvent, commit_and_tell};
use crate::fault::Fault;
use crate::keyspace::{self, ALIASES_PER_COMMIT_MAX, Changes, Due, Duty, Grant, PURGED_GRANTS_MAX};
use crate::kms::Kms;
use crate::model::{Key, KeyRecord, KeyState, Place};

impl Kms {
    /// Deletes one key if its waiting period is over.
    pub(crate) async fn delete_past(&self, place: Place, id: KeyId) -> Result<(), Fault> {
        match keyspace::load_key(&self.store, place, &id).await? {
            Some(key) if key.record.state.is_past(self.now()) => delete(self, key, None).await,
            Some(_) | None => Ok(()),
        }
    }
}

/// Deletes the key if its waiting period is over.
pub(super) fn settle(kms: &Kms, due: Due) -> BoxFuture<'_, Result<usize, Fault>> {
    Box::pin(async move {
        match keyspace::load_key(&kms.store, due.place, &due.key).await? {
            Some(key) if key.record.state.is_past(kms.now()) => {
                delete(kms, key, Some(&due)).await.map(|()| 1)
            }
            // Its deletion was cancelled or is done: only the note is left.
            Some(_) | None => kms.commit(Changes::new().settle(&due)).await.map(|()| 0),
        }
    })
}

/// Removes a key's aliases, but for those that meanwhile stand for another.
async fn remove_aliases(kms: &Kms, key: &Key) -> Result<(), Fault> {
    for names in key.aliases.chunks(ALIASES_PER_COMMIT_MAX) {
        let mut changes = Changes::new();
        for name in names {
            let alias = keyspace::load_alias(&kms.store, &key.place, name).await?;
            if let Some(alias) = alias.filter(|alias| alias.record.target == key.record.id) {
                changes = changes.delete_alias(&key.place, name, &alias);
            }
            changes = changes.detach_alias(&key.place, &key.record.id, name);
        }
        kms.commit(changes).await?;
    }
    Ok(())
}

/// Removes a key's grants. Nobody can add one: the key is past its waiting period.
async fn purge_grants(kms: &Kms, key: &Key) -> Result<(), Fault> {
    let (place, id) = (key.place, key.record.id);
    loop {
        let records = keyspace::list_grants(&kms.store, &place, &id, None, PURGED_GRANTS_MAX).await?;
        if records.is_empty() {
            return Ok(());
        }
        let grants: Vec<Grant> = records.into_iter().map(|record| Grant { place, key: id, record }).collect();
        kms.commit(Changes::new().purge_grants(&place, &id, &grants)).await?;
    }
}

/// Between any two of these commits the key is as good as gone, and whoever comes next goes on where they ended.
async fn delete(kms: &Kms, key: Key, due: Option<&Due>) -> Result<(), Fault> {
    purge_grants(kms, &key).await?;
    remove_aliases(kms, &key).await?;
    let key = leave_set(kms, key).await?;
    let mut changes = Changes::new().delete_key(&key);
    if let Some(due) = due {
        changes = changes.settle(due);
    }
    // The service event that tells of a deletion (developer guide, DeleteKey log entry).
    let details = vec![("keyId", key.record.id.to_string())];
    let event = ServiceEvent::of(kms, &key, "DeleteKey", details)?;
    commit_and_tell(kms, changes, &[event]).await?;
    kms.uses.forget(key.place, key.record.id);
    Ok(())
}

/// Takes a replica out of its set, in every Region at once. Where it was the last and its primary waited for that, the
/// primary's own waiting period begins.
async fn leave_set(kms: &Kms, key: Key) -> Result<Key, Fault> {
    let Some(set) = key.record.multi_region.as_ref().filter(|set| set.replicas.contains(&key.place.region))
    else {
        return Ok(key);
    };
    let rest = Some(set.without(key.place.region));
    let mut changes =
        Changes::new().update_key(&key, &KeyRecord { multi_region: rest.clone(), ..key.record.clone() });
    for region in set.regions().filter(|region| *region != key.place.region) {
        // Were one of them missing, the set would be broken, and the more reason to let this one go.
        let other = kms.held_key(Place { region, ..key.place }, key.record.id).await?;
        let Some(other) = other else { continue };
        let mut record = KeyRecord { multi_region: rest.clone(), ..other.record.clone() };
        if let (KeyState::PendingReplicaDeletion { window_days }, true) =
            (record.state, rest.as_ref().is_none_or(|rest| rest.replicas.is_empty()))
        {
            let due = kms.days_from_now(window_days)?;
            record.state = KeyState::PendingDeletion { due };
            changes = changes.schedule(Duty::Delete, &other, due);
        }
        changes = changes.update_key(&other, &record);
    }
    kms.commit(changes).await?;
    let left = keyspace::load_key(&kms.store, key.place, &key.record.id).await?;
    left.ok_or(Fault::Overtaken)
}
