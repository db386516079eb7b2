//! What commits do with the materials of keys in other Regions, and with what a key leaves behind.

use claviger_crypto::{KeyMaterial, MaterialId};
use claviger_store::{Guard, TRANSACTION_LIMIT_STEPS};

use super::{Changes, key_path};
use crate::model::{KeyRecord, Place};

impl Changes {
    /// Writes a key that is not there yet, with all of its materials.
    pub(crate) fn create_replica<'m>(
        mut self,
        place: &Place,
        record: &KeyRecord,
        materials: impl IntoIterator<Item = (MaterialId, &'m KeyMaterial)>,
    ) -> Changes {
        self.guard(key_path(place, &record.id).map(Guard::Absent));
        self.put_json(key_path(place, &record.id), record);
        let put = |changes: Changes, (id, material)| changes.put_bytes(place, &record.id, id, material);
        materials.into_iter().fold(self, put)
    }

    /// Whether one commit can do all of it.
    pub(crate) fn fits(&self) -> bool {
        self.guards.len() + self.writes.len() <= TRANSACTION_LIMIT_STEPS
    }
}

#[cfg(test)]
mod tests {
    use claviger_clock::Timestamp;
    use claviger_crypto::{MaterialSpec, SystemRandom};
    use claviger_names::{KeyId, Region};
    use claviger_policy::default_key_policy;
    use claviger_store::Revision;

    use super::super::Duty;
    use super::*;
    use crate::model::{
        Key, KeyManager, KeySpec, KeyState, KeyUsage, MaterialRecord, Origin, REGIONS_PER_KEY_MAX, RegionSet,
    };

    fn region(number: usize) -> Region {
        format!("xx-test-{number}").parse().unwrap()
    }

    /// The keys of a set in so many Regions, and their material.
    fn set(regions: usize) -> (Vec<Key>, KeyMaterial) {
        let id = KeyId::multi_region([7; 16]);
        let material = KeyMaterial::generate(MaterialSpec::Symmetric, &SystemRandom).unwrap();
        let account = "111122223333".parse().unwrap();
        let replicas = (1..regions).map(region).collect();
        let record = KeyRecord {
            id,
            created: Timestamp::UNIX_EPOCH,
            description: String::new(),
            spec: KeySpec::SYMMETRIC_DEFAULT,
            usage: KeyUsage::ENCRYPT_DECRYPT,
            origin: Origin::AWS_KMS,
            manager: KeyManager::Customer,
            state: KeyState::Enabled,
            tags: Default::default(),
            policy: default_key_policy("aws", account),
            bindings: Default::default(),
            materials: vec![MaterialRecord::first(material.id_for(&id))],
            rotation: None,
            pending_material: None,
            multi_region: Some(RegionSet { primary: region(0), replicas }),
        };
        let key = |number| {
            let place = Place { account, region: region(number) };
            Key::assemble(place, record.clone(), Vec::new(), Revision(1), Vec::new()).unwrap()
        };
        ((0..regions).map(key).collect(), material)
    }

    fn rotation(keys: &[Key], material: &KeyMaterial) -> Changes {
        let mut changes = Changes::new().unschedule(Duty::Rotate, &keys[0], Timestamp::UNIX_EPOCH).schedule(
            Duty::Rotate,
            &keys[0],
            Timestamp::MAX,
        );
        for key in keys {
            changes = changes.rotate_key(key, &key.record, material);
        }
        changes
    }

    #[test]
    fn the_largest_set_rotates_in_one_commit_and_no_larger_one_does() {
        let (keys, material) = set(REGIONS_PER_KEY_MAX);
        assert!(rotation(&keys, &material).fits());
        let (keys, material) = set(REGIONS_PER_KEY_MAX + 1);
        assert!(!rotation(&keys, &material).fits());
    }

    #[test]
    fn a_stored_key_without_a_set_is_a_primary_without_replicas() {
        let (keys, _) = set(1);
        let mut stored = serde_json::to_value(&keys[0].record).unwrap();
        stored.as_object_mut().unwrap().remove("multi_region").unwrap();
        let record: KeyRecord = serde_json::from_value(stored).unwrap();
        let key = Key::assemble(keys[0].place, record, Vec::new(), Revision(1), Vec::new()).unwrap();
        assert_eq!(key.check_primary().unwrap(), &RegionSet::alone(region(0)));
    }
}
