//! Imported material whose time is over: it is destroyed, by the duty or by the first request that would need it.

use std::sync::Arc;

use claviger_crypto::MaterialId;

use crate::duties::service_event::{ServiceEvent, commit_and_tell};
use crate::fault::Fault;
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyKind, Presence};

impl Kms {
    /// Destroys what of a key's material is past its time, and records it. Tells how many materials that were.
    ///
    /// The one that waits goes alone, after all others: the whole set gives it up, which fills a commit.
    pub(crate) async fn expire(&self, key: &Key) -> Result<usize, Fault> {
        let now = self.now();
        let waiting = key.record.pending_material.as_ref().map(|waiting| waiting.id);
        let is_past = |presence: Presence| presence.end().is_some_and(|end| end <= now);
        let own = key.record.without(|id, presence| Some(id) != waiting && is_past(presence));
        let gone = own.or_else(|| key.record.without(|_, presence| is_past(presence)));
        let Some((record, gone)) = gone else { return Ok(0) };
        let record = key.after_loss(record);
        let changes = Changes::new().drop_materials(key, &record, &gone);
        let changes = self.lead(changes, key, &record).await?;
        let event =
            |id: &MaterialId| ServiceEvent::of(self, key, "DeleteExpiredKeyMaterial", details(key, *id));
        let events = gone.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        commit_and_tell(self, changes, &events).await?;
        Ok(gone.len())
    }

    /// The key as it is once what is past its time is destroyed.
    pub(crate) async fn without_expired(&self, key: Arc<Key>) -> Result<Option<Arc<Key>>, Fault> {
        let mut held = Some(key);
        while let Some(key) = held.as_ref().filter(|key| key.record.has_expired(self.now())) {
            self.expire(key).await?;
            held = self.held_key(key.place, key.record.id).await?;
        }
        Ok(held)
    }
}

fn details(key: &Key, id: MaterialId) -> Vec<(&'static str, String)> {
    let key_id = ("keyId", key.record.id.to_string());
    match key.record.spec.kind() {
        KeyKind::Symmetric => vec![key_id, ("keyMaterialId", id.to_string())],
        KeyKind::Asymmetric | KeyKind::Hmac => vec![key_id],
    }
}
