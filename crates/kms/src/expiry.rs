//! Imported material whose time is over: it is destroyed, by the duty or by the first request that would need it.

use std::sync::Arc;

use claviger_audit::Shown;
use claviger_crypto::MaterialId;

use crate::duties::service_event;
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
        self.commit(self.lead(changes, key, &record).await?).await?;
        for id in &gone {
            service_event::record(self, key, "DeleteExpiredKeyMaterial", details(key, *id)).await?;
        }
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

fn details(key: &Key, id: MaterialId) -> Shown {
    let shown = Shown::new().text("keyId", &key.record.id.to_string());
    match key.record.spec.kind() {
        KeyKind::Symmetric => shown.text("keyMaterialId", &id.to_string()),
        KeyKind::Asymmetric | KeyKind::Hmac => shown,
    }
}
