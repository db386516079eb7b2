//! The keys of a multi-Region set. Each is stored in its own Region, whole, so that every Region works by itself; what they
//! have in common is changed in all of them by one commit, which is guarded by each of them.

use std::sync::Arc;

use claviger_names::Region;

use crate::fault::Fault;
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyRecord, MaterialRecord, Place};

impl Kms {
    /// Whether keys can be in this Region.
    pub(crate) fn serves(&self, region: Region) -> bool {
        self.regions.contains(&region)
    }

    /// The other keys of a key's set, also such as are past their waiting period but not yet removed.
    pub(crate) async fn related(&self, key: &Key) -> Result<Vec<Arc<Key>>, Fault> {
        let Some(set) = &key.record.multi_region else { return Ok(Vec::new()) };
        let mut related = Vec::with_capacity(set.replicas.len());
        for region in set.regions().filter(|region| *region != key.place.region) {
            let place = Place { region, ..key.place };
            // A key that is named and not there was removed since: its set says so by now.
            related.push(self.held_key(place, key.record.id).await?.ok_or(Fault::Overtaken)?);
        }
        Ok(related)
    }

    /// Where replicas of a key are past their waiting period and not yet removed: to whoever asks they are gone.
    pub(crate) async fn gone_replicas(&self, key: &Key) -> Result<Vec<Region>, Fault> {
        let mut gone = Vec::new();
        for region in key.record.multi_region.iter().flat_map(|set| set.replicas.iter().copied()) {
            let place = Place { region, ..key.place };
            if self.key(place, key.record.id).await?.is_none() {
                gone.push(region);
            }
        }
        Ok(gone)
    }

    /// Writes a key's new record, and into the other keys of its set what they have in common.
    pub(crate) async fn change_set(
        &self,
        changes: Changes,
        key: &Key,
        record: &KeyRecord,
    ) -> Result<Changes, Fault> {
        self.lead(changes.update_key(key, record), key, record).await
    }

    /// Writes into the other keys of a primary's set what they have in common with its new record. A replica leads nobody.
    pub(crate) async fn lead(
        &self,
        changes: Changes,
        key: &Key,
        record: &KeyRecord,
    ) -> Result<Changes, Fault> {
        if key.check_not_replica().is_err() {
            return Ok(changes);
        }
        Ok(followed_by(changes, &self.related(key).await?, record))
    }
}

/// Writes into these keys of a primary's set what they have in common with its new record.
pub(crate) fn followed_by(changes: Changes, others: &[Arc<Key>], record: &KeyRecord) -> Changes {
    let behind = others.iter().filter(|other| other.record.following(record) != other.record);
    behind.fold(changes, |changes, other| changes.follow(other, record))
}

/// Whether the material that waits for a rotation is in a primary and in all the others.
pub(crate) fn all_can_rotate(key: &Key, others: &[Arc<Key>]) -> bool {
    let has = |key: &Key| key.record.pending_material.as_ref().is_some_and(MaterialRecord::is_present);
    has(key) && others.iter().all(|other| has(other))
}
