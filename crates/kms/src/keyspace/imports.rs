//! Imported material in the store: its bytes, and the notes of when they expire.

use std::collections::BTreeSet;

use claviger_clock::Timestamp;
use claviger_crypto::{KeyMaterial, MaterialId};
use claviger_seal::Write;

use super::{Changes, Duty, due_path, material_path};
use crate::model::{Key, KeyRecord};

impl Changes {
    /// Writes a material that was imported and the key's new record, provided that nobody else changed it.
    pub(crate) fn import_material(
        self,
        key: &Key,
        record: &KeyRecord,
        id: MaterialId,
        material: &KeyMaterial,
    ) -> Changes {
        self.update_materials(key, record).put_bytes(&key.place, &record.id, id, material)
    }

    /// Destroys the bytes of these materials and writes the key's new record, provided that nobody else changed it.
    pub(crate) fn drop_materials(self, key: &Key, record: &KeyRecord, gone: &[MaterialId]) -> Changes {
        gone.iter().fold(self.update_materials(key, record), |changes, id| changes.delete_bytes(key, *id))
    }

    fn delete_bytes(mut self, key: &Key, id: MaterialId) -> Changes {
        self.write(material_path(&key.place, &key.record.id, id).map(Write::Delete));
        self
    }

    /// Writes into a key what the primary of its set changed, and destroys the bytes of what the set gave up.
    pub(crate) fn follow(self, key: &Key, primary: &KeyRecord) -> Changes {
        let record = key.record.following(primary);
        let is_kept = |id| record.all_materials().any(|material| material.id == id);
        let lost =
            key.record.all_materials().filter(|material| material.is_present() && !is_kept(material.id));
        // Notes of when they would have expired stay: a commit has no room for all Regions', and the duty passes them over.
        let update = self.update_key(key, &record);
        lost.fold(update, |changes, material| changes.delete_bytes(key, material.id))
    }

    /// Takes back what is noted of when the materials of a key expire.
    pub(super) fn forget_expirations(self, key: &Key) -> Changes {
        self.note_expirations(key, BTreeSet::new())
    }

    fn update_materials(self, key: &Key, record: &KeyRecord) -> Changes {
        let noted = record.expirations().map(second).collect();
        self.update_key(key, record).note_expirations(key, noted)
    }

    /// One note stands for all materials of a key that expire in the same second.
    fn note_expirations(mut self, key: &Key, noted: BTreeSet<Timestamp>) -> Changes {
        let before: BTreeSet<Timestamp> = key.record.expirations().map(second).collect();
        for end in before.difference(&noted) {
            self.write(due_path(Duty::Expire, *end, &key.place, &key.record.id).map(Write::Delete));
        }
        noted.difference(&before).fold(self, |changes, end| changes.schedule(Duty::Expire, key, *end))
    }
}

fn second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
