//! How the materials of a key come, go and come again.

use claviger_crypto::MaterialId;
use claviger_names::KeyId;

use super::super::{KeyManager, KeySpec, KeyUsage, Origin, Rotated, RotationType, Tags};
use super::*;

const FIRST: MaterialId = MaterialId::from_bytes([1; 32]);
const SECOND: MaterialId = MaterialId::from_bytes([2; 32]);
const THIRD: MaterialId = MaterialId::from_bytes([3; 32]);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn waiting_key() -> KeyRecord {
    KeyRecord {
        id: KeyId::single_region([7; 16]),
        created: at(0),
        description: String::new(),
        spec: KeySpec::SYMMETRIC_DEFAULT,
        usage: KeyUsage::ENCRYPT_DECRYPT,
        origin: Origin::EXTERNAL,
        manager: KeyManager::Customer,
        state: KeyState::PendingImport,
        tags: Tags::default(),
        policy: String::new(),
        bindings: Default::default(),
        materials: Vec::new(),
        pending_material: None,
        rotation: None,
        multi_region: None,
    }
}

fn import(id: MaterialId, presence: Presence) -> Import<'static> {
    Import { id, kind: None, expected: None, presence, description: None, public_key: None }
}

fn lasting(id: MaterialId) -> Import<'static> {
    import(id, Presence::Lasting)
}

fn new(id: MaterialId) -> Import<'static> {
    Import { kind: Some(ImportType::New), ..lasting(id) }
}

fn existing(id: MaterialId) -> Import<'static> {
    Import { kind: Some(ImportType::Existing), ..lasting(id) }
}

fn deleted(record: &KeyRecord, id: MaterialId) -> KeyRecord {
    record.without(|other, _| other == id).unwrap().0
}

/// A key whose second material is the current one.
fn rotated() -> KeyRecord {
    let mut record = waiting_key().with_import(&lasting(FIRST)).unwrap().with_import(&new(SECOND)).unwrap();
    let pending = record.pending_material.take().unwrap();
    let rotated = Some(Rotated { at: at(5), kind: RotationType::OnDemand });
    record.materials.push(MaterialRecord { rotated, ..pending });
    record
}

#[test]
fn the_first_material_enables_the_key_and_is_its_own() {
    let record = waiting_key().with_import(&lasting(FIRST)).unwrap();
    assert_eq!(record.state, KeyState::Enabled);
    assert_eq!((record.materials.len(), &record.pending_material), (1, &None));
    assert_eq!(record.with_import(&lasting(SECOND)), Err(NotTaken::Incorrect));
}

#[test]
fn what_is_said_to_be_there_must_be_and_what_is_said_to_be_new_must_not() {
    assert_eq!(waiting_key().with_import(&existing(FIRST)), Err(NotTaken::Incorrect));
    let record = waiting_key().with_import(&new(FIRST)).unwrap();
    assert_eq!(record.with_import(&new(FIRST)), Err(NotTaken::Incorrect));
    assert_eq!(record.with_import(&existing(SECOND)), Err(NotTaken::Incorrect));
    assert_eq!(record.with_import(&existing(FIRST)).as_ref(), Ok(&record));
}

#[test]
fn an_expected_id_must_be_that_of_the_material() {
    let expecting = |id| Import { expected: Some(id), ..lasting(FIRST) };
    let record = waiting_key().with_import(&lasting(FIRST)).unwrap();
    assert!(record.with_import(&expecting(FIRST)).is_ok());
    assert_eq!(record.with_import(&expecting(SECOND)), Err(NotTaken::Incorrect));
}

#[test]
fn one_material_waits_at_a_time_and_can_be_imported_again() {
    let record = waiting_key().with_import(&lasting(FIRST)).unwrap().with_import(&new(SECOND)).unwrap();
    assert_eq!(record.state, KeyState::Enabled);
    assert_eq!(record.with_import(&new(THIRD)), Err(NotTaken::AnotherWaits(SECOND)));
    let again = record.with_import(&import(SECOND, Presence::Until(at(9)))).unwrap();
    assert_eq!(again.expirations().collect::<Vec<_>>(), [at(9)]);
    let without = deleted(&again, SECOND);
    assert_eq!((without.state, &without.pending_material), (KeyState::Enabled, &None));
    assert!(without.with_import(&new(THIRD)).is_ok());
}

#[test]
fn a_key_is_enabled_again_when_all_of_its_materials_are_back() {
    let record = deleted(&deleted(&rotated(), FIRST), SECOND);
    assert_eq!((record.state, record.materials.len()), (KeyState::PendingImport, 2));
    assert!(record.without(|_, _| true).is_none());
    let half = record.with_import(&lasting(SECOND)).unwrap();
    assert_eq!(half.state, KeyState::PendingImport);
    assert_eq!(half.with_import(&lasting(FIRST)).unwrap().state, KeyState::Enabled);
}

#[test]
fn a_disabled_key_stays_disabled_and_one_that_waits_for_its_deletion_waits_on() {
    let disabled = KeyRecord { state: KeyState::Disabled, ..rotated() };
    assert_eq!(disabled.with_import(&lasting(FIRST)).unwrap().state, KeyState::Disabled);
    let state = KeyState::PendingDeletion { due: at(9) };
    let leaving = KeyRecord { state, ..rotated() };
    let left = deleted(&leaving, FIRST);
    assert_eq!((left.state, left.is_whole()), (state, false));
}

#[test]
fn a_reimport_changes_the_date_and_keeps_what_was_said() {
    let said = Import { description: Some("vault"), ..import(FIRST, Presence::Until(at(9))) };
    let record = waiting_key().with_import(&said).unwrap();
    assert!(record.has_expired(at(9)) && !record.has_expired(at(8)));
    let record = record.with_import(&lasting(FIRST)).unwrap();
    assert!(!record.has_expired(Timestamp::MAX));
    let imported = record.materials[0].imported.clone().unwrap();
    assert_eq!((imported.description.as_deref(), imported.presence), (Some("vault"), Presence::Lasting));
}

#[test]
fn a_record_of_before_imports_is_read_and_one_without_is_written_alike() {
    let made_here = MaterialRecord::first(FIRST);
    let text = serde_json::to_string(&made_here).unwrap();
    assert_eq!(text, format!(r#"{{"id":"{FIRST}"}}"#));
    let read: MaterialRecord = serde_json::from_str(&text).unwrap();
    assert!(read == made_here && read.is_present() && read.presence().is_none());
    let imported = waiting_key().with_import(&import(FIRST, Presence::Until(at(9)))).unwrap();
    let text = serde_json::to_string(&imported).unwrap();
    assert_eq!(serde_json::from_str::<KeyRecord>(&text).unwrap(), imported);
}
