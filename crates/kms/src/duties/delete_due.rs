//! Deletes the keys whose waiting period is over, their material with them.

use claviger_audit::Shown;
use claviger_names::KeyId;

use super::service_event;
use crate::fault::Fault;
use crate::keyspace::{self, Changes, Due, Duty, Grant, PURGED_GRANTS_MAX};
use crate::kms::Kms;
use crate::model::{Key, Place};

/// Keys deleted between two looks at what is due.
const BATCH_KEYS: usize = 100;

pub(super) async fn run(kms: &Kms) -> Result<usize, Fault> {
    let mut deleted = 0;
    loop {
        let due = keyspace::list_due(&kms.store, Duty::Delete, kms.now(), BATCH_KEYS).await?;
        let is_last = due.len() < BATCH_KEYS;
        for due in due {
            deleted += usize::from(settle(kms, due).await?);
        }
        if is_last {
            return Ok(deleted);
        }
    }
}

impl Kms {
    /// Deletes one key if its waiting period is over.
    pub(crate) async fn delete_past(&self, place: Place, id: KeyId) -> Result<(), Fault> {
        match keyspace::load_key(&self.store, place, &id).await? {
            Some(key) if key.record.state.is_past(self.now()) => delete(self, &key, None).await,
            Some(_) | None => Ok(()),
        }
    }
}

async fn settle(kms: &Kms, due: Due) -> Result<bool, Fault> {
    let result = match keyspace::load_key(&kms.store, due.place, &due.key).await? {
        Some(key) if key.record.state.is_past(kms.now()) => {
            delete(kms, &key, Some(&due)).await.map(|()| true)
        }
        // Its deletion was cancelled or is done: only the note is left.
        Some(_) | None => kms.commit(Changes::new().settle(&due)).await.map(|()| false),
    };
    match result {
        // Another node was first; the next round sees what it left.
        Err(Fault::Overtaken) => Ok(false),
        other => other,
    }
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

async fn delete(kms: &Kms, key: &Key, due: Option<&Due>) -> Result<(), Fault> {
    purge_grants(kms, key).await?;
    let mut changes = Changes::new().delete_key(key);
    if let Some(due) = due {
        changes = changes.settle(due);
    }
    kms.commit(changes).await?;
    record(kms, key).await
}

/// The service event that tells of a deletion (developer guide, DeleteKey log entry).
async fn record(kms: &Kms, key: &Key) -> Result<(), Fault> {
    let details = Shown::new().text("keyId", &key.record.id.to_string());
    service_event::record(kms, key, "DeleteKey", details).await
}
