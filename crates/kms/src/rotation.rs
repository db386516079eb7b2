//! New material for a key: what was encrypted before stays readable, what comes is encrypted under the new one.

use claviger_clock::Timestamp;
use claviger_crypto::MaterialSpec;

use crate::duties::service_event::{ServiceEvent, commit_and_tell};
use crate::fault::Fault;
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{Key, KeyRecord, MaterialRecord, Rotated, Rotation, RotationType};
use crate::related::{all_can_rotate, followed_by};

impl Kms {
    /// Rotates a key to the imported material that waits for it, and records that.
    pub(crate) async fn rotate_to_imported(&self, key: &Key) -> Result<(), Fault> {
        let mut record = key.record.clone();
        let waiting = record.pending_material.take();
        let waiting = waiting.ok_or_else(|| Fault::NoMaterialWaits(key.arn.clone()))?;
        // Read once: what is looked at here is what the commit is guarded by.
        let others = self.related(key).await?;
        if !all_can_rotate(key, &others) {
            return Err(Fault::NoMaterialWaits(key.arn.clone()));
        }
        let kind = RotationType::OnDemand;
        let rotated = Some(Rotated { at: self.now(), kind });
        record.materials.push(MaterialRecord { rotated, ..waiting });
        let changes = Changes::new().update_key(key, &record);
        let event = ServiceEvent::of(self, key, "RotateKey", details(key, &record, kind))?;
        commit_and_tell(self, followed_by(changes, &others, &record), &[event]).await
    }

    /// Rotates a key, and with it every replica of it, together with `changes`, and records it.
    pub(crate) async fn rotate(&self, key: &Key, kind: RotationType, changes: Changes) -> Result<(), Fault> {
        let now = self.now();
        let material =
            self.generation.material(key.place.account, MaterialSpec::Symmetric, &self.random).await?;
        let mut record = key.record.clone();
        let id = material.id_for(&record.id);
        let rotated = Some(Rotated { at: now, kind });
        record.materials.push(MaterialRecord { rotated, ..MaterialRecord::first(id) });
        let changes = match (kind, record.rotation) {
            (RotationType::Automatic, Some(rotation)) => {
                let next = following(rotation, now)?;
                record.rotation = Some(next);
                changes.schedule(Duty::Rotate, key, next.next)
            }
            // What somebody asks for moves no date (developer guide, on-demand rotation).
            (RotationType::OnDemand, _) | (RotationType::Automatic, None) => changes,
        };
        let mut changes = changes.rotate_key(key, &record, &material);
        for other in self.related(key).await? {
            changes = changes.rotate_key(&other, &other.record.following(&record), &material);
        }
        let event = ServiceEvent::of(self, key, "RotateKey", details(key, &record, kind))?;
        commit_and_tell(self, changes, &[event]).await
    }
}

/// The first date of the schedule that is still to come.
fn following(rotation: Rotation, now: Timestamp) -> Result<Rotation, Fault> {
    let mut following = Rotation::every(rotation.period_days, rotation.next)?;
    while following.next <= now {
        following = Rotation::every(rotation.period_days, following.next)?;
    }
    Ok(following)
}

fn details(key: &Key, record: &KeyRecord, kind: RotationType) -> Vec<(&'static str, String)> {
    let of = |material: Option<&MaterialRecord>| material.map(|material| material.id.to_string());
    let (before, now) = (of(key.record.materials.last()), of(record.materials.last()));
    let mut details =
        vec![("rotationType", kind.name().to_owned()), ("keyOrigin", record.origin.name().to_owned())];
    details.extend(before.map(|id| ("previousKeyMaterialId", id)));
    details.extend(now.map(|id| ("currentKeyMaterialId", id)));
    details.push(("keyId", record.id.to_string()));
    details
}
