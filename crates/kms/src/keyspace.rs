//! The one table of stored keys: which path holds what, and how it is read and written.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/key/{key id}` | [`KeyRecord`] as JSON |
//! | `{account}/{region}/material/{key id}/{material id}` | the material's bytes |
//! | `{account}/{region}/last-use/{key id}` | [`crate::model::LastUseRecord`] as JSON |
//! | `{account}/{region}/alias/{alias name}` | [`AliasRecord`] as JSON |
//! | `{account}/{region}/alias-of/{key id}/{alias name}` | nothing: the aliases of a key |
//! | `{account}/{region}/grant/{key id}/{grant id}` | [`crate::model::GrantRecord`] as JSON |
//! | `{account}/{region}/granted/{key id}/{look-up}/{grant id}` | the same, for whom it is for |
//! | `{account}/{region}/grant-name/{key id}/{name}/{grant id}` | nothing: the grants of a name |
//! | `{account}/{region}/grant-count/{key id}` | how many grants the key has, as JSON |
//! | `{account}/{region}/retirable/{handle}/{owner}/{key id}/{grant id}` | nothing: what a principal may retire |
//! | `-/-/expire/{epoch seconds}/{account}/{region}/{key id}` | nothing: what material expires, and when |
//! | `-/-/rotate/{epoch seconds}/{account}/{region}/{key id}` | nothing: what is to be rotated, and when |
//! | `-/-/untold/{event id}` | what the service did and has not recorded yet, as JSON |
//! | `-/-/due/{epoch seconds}/{account}/{region}/{key id}` | nothing: what is to be deleted, and when |

mod due;
mod grants;
mod imports;
mod notes;
mod replicas;
mod uses;

use due::due_path;

pub(crate) use due::{Due, Duty, list_due, next_expirations};
pub(crate) use grants::{
    Grant, GrantCount, Lookup, PURGED_GRANTS_MAX, count_grants, granted, grants_to, list_grants, load_grant,
    named_grants, next_grantee, retirable_grants,
};

pub(crate) use notes::{list_notes, note_path};
pub(crate) use uses::{USES_PER_COMMIT_MAX, load_last_use};

use claviger_crypto::{KeyMaterial, MaterialId};
use claviger_names::{AliasName, KeyId};
use claviger_seal::{SealError, SealedEntry, SealedStore, Write};
use claviger_store::{Guard, Outcome, Path, Revision, Span, StoreError, TRANSACTION_LIMIT_STEPS};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::model::{AliasRecord, Key, KeyRecord, MaterialRecord, Place};

/// Most aliases that one commit removes: a guard and two rows of each.
pub(crate) const ALIASES_PER_COMMIT_MAX: usize = TRANSACTION_LIMIT_STEPS / 3;

/// Most aliases that the quota of a key can be set to: all of them are read with it.
pub const ALIASES_PER_KEY_MAX: usize = 1000;

/// An alias, and the commit that it is the state of.
pub(crate) struct Alias {
    pub record: AliasRecord,
    pub revision: Revision,
}

/// What a commit asks for and does.
#[derive(Default)]
pub(crate) struct Changes {
    guards: Vec<Guard>,
    writes: Vec<Write>,
    fault: Option<Fault>,
}

pub(crate) fn key_path(place: &Place, id: &KeyId) -> Result<Path, Fault> {
    path(format!("{}/{}/key/{id}", place.account, place.region))
}

pub(crate) fn alias_path(place: &Place, name: &AliasName) -> Result<Path, Fault> {
    path(format!("{}/{}/{name}", place.account, place.region))
}

fn alias_of_path(place: &Place, id: &KeyId, name: &AliasName) -> Result<Path, Fault> {
    path(format!("{}/{}/alias-of/{id}/{name}", place.account, place.region))
}

fn material_path(place: &Place, id: &KeyId, material: MaterialId) -> Result<Path, Fault> {
    path(format!("{}/{}/material/{id}/{material}", place.account, place.region))
}

fn path(text: String) -> Result<Path, Fault> {
    Path::parse(&text).map_err(Fault::internal)
}

/// A key with its material, if it is stored.
pub(crate) async fn load_key(store: &SealedStore, place: Place, id: &KeyId) -> Result<Option<Key>, Fault> {
    let Some(entry) = store.read(&key_path(&place, id)?).await.map_err(told)? else { return Ok(None) };
    let record: KeyRecord = from_json(&entry)?;
    let Some(materials) = load_materials(store, &place, &record).await? else {
        // The key is gone, or its imported material went after the record was read.
        let now = store.read(&key_path(&place, id)?).await.map_err(told)?;
        let has_changed = now.is_some_and(|now| now.revision != entry.revision);
        return if has_changed { Err(Fault::Overtaken) } else { Ok(None) };
    };
    let aliases = aliases_of(store, &place, id).await?;
    Key::assemble(place, record, aliases, entry.revision, materials).map(Some)
}

/// Such material of a key as is here; none where a row of it is missing.
async fn load_materials(
    store: &SealedStore,
    place: &Place,
    record: &KeyRecord,
) -> Result<Option<Vec<(MaterialId, KeyMaterial)>>, Fault> {
    let spec = record.spec.material();
    let mut materials = Vec::with_capacity(record.materials.len());
    for MaterialRecord { id, .. } in record.materials.iter().filter(|material| material.is_present()) {
        let entry = store.read(&material_path(place, &record.id, *id)?).await.map_err(told)?;
        let Some(entry) = entry else { return Ok(None) };
        materials.push((*id, KeyMaterial::from_secret(spec, entry.value).map_err(Fault::internal)?));
    }
    Ok(Some(materials))
}

/// The alias of this name, if it is stored.
pub(crate) async fn load_alias(
    store: &SealedStore,
    place: &Place,
    name: &AliasName,
) -> Result<Option<Alias>, Fault> {
    let Some(entry) = store.read(&alias_path(place, name)?).await.map_err(told)? else { return Ok(None) };
    Ok(Some(Alias { record: from_json(&entry)?, revision: entry.revision }))
}

/// The names of a key's aliases, in order.
pub(crate) async fn aliases_of(
    store: &SealedStore,
    place: &Place,
    id: &KeyId,
) -> Result<Vec<AliasName>, Fault> {
    let prefix = format!("{}/{}/alias-of/{id}/", place.account, place.region);
    let entries = store.scan(Span::prefix(&prefix), ALIASES_PER_KEY_MAX + 1).await.map_err(told)?;
    entries.iter().map(|entry| last_part(entry, &prefix)?.parse().map_err(Fault::internal)).collect()
}

/// Up to `limit` key records after `after`, in the order of their ids.
pub(crate) async fn list_keys(
    store: &SealedStore,
    place: &Place,
    after: Option<&KeyId>,
    limit: usize,
) -> Result<Vec<KeyRecord>, Fault> {
    let mut span = Span::prefix(&format!("{}/{}/key/", place.account, place.region));
    if let Some(after) = after {
        span = span.after(&key_path(place, after)?);
    }
    store.scan(span, limit).await.map_err(told)?.iter().map(from_json).collect()
}

/// Up to `limit` aliases after `after`, in the order of their names.
pub(crate) async fn list_aliases(
    store: &SealedStore,
    place: &Place,
    after: Option<&AliasName>,
    limit: usize,
) -> Result<Vec<(AliasName, AliasRecord)>, Fault> {
    let place_prefix = format!("{}/{}/", place.account, place.region);
    let mut span = Span::prefix(&format!("{place_prefix}alias/"));
    if let Some(after) = after {
        span = span.after(&alias_path(place, after)?);
    }
    let entries = store.scan(span, limit).await.map_err(told)?;
    let named = |entry: &SealedEntry| {
        let name = last_part(entry, &place_prefix)?.parse().map_err(Fault::internal)?;
        Ok((name, from_json(entry)?))
    };
    entries.iter().map(named).collect()
}

impl Changes {
    /// Nothing yet.
    pub(crate) fn new() -> Changes {
        Changes::default()
    }

    /// Writes a key that is not there yet, with its first material unless that is to be imported.
    pub(crate) fn create_key(
        mut self,
        place: &Place,
        record: &KeyRecord,
        material: Option<KeyMaterial>,
    ) -> Changes {
        self.guard(key_path(place, &record.id).map(Guard::Absent));
        self.put_json(key_path(place, &record.id), record);
        match material {
            Some(material) => self.put_material(place, record, &material),
            None => self,
        }
    }

    /// Writes a key's new record, provided that nobody else changed it, and the last of its materials.
    pub(crate) fn rotate_key(self, key: &Key, record: &KeyRecord, material: &KeyMaterial) -> Changes {
        self.update_key(key, record).put_material(&key.place, record, material)
    }

    fn put_material(self, place: &Place, record: &KeyRecord, material: &KeyMaterial) -> Changes {
        let Some(MaterialRecord { id, .. }) = record.materials.last() else { return self };
        self.put_bytes(place, &record.id, *id, material)
    }

    fn put_bytes(mut self, place: &Place, key: &KeyId, id: MaterialId, material: &KeyMaterial) -> Changes {
        let path = material_path(place, key, id);
        self.write(
            path.map(|path| {
                Write::Put(path, claviger_crypto::Secret::new(material.secret().expose().to_vec()))
            }),
        );
        self
    }

    /// Does it provided that nobody changed this key.
    pub(crate) fn while_unchanged(mut self, key: &Key) -> Changes {
        self.guard(key_path(&key.place, &key.record.id).map(|path| Guard::Unchanged(path, key.revision)));
        self
    }

    /// Writes a key's new record, provided that nobody else changed it.
    pub(crate) fn update_key(mut self, key: &Key, record: &KeyRecord) -> Changes {
        self.guard(key_path(&key.place, &record.id).map(|path| Guard::Unchanged(path, key.revision)));
        self.put_json(key_path(&key.place, &record.id), record);
        self
    }

    /// Removes a key and its material, provided that nobody else changed it.
    pub(crate) fn delete_key(mut self, key: &Key) -> Changes {
        let (place, id) = (&key.place, &key.record.id);
        self.guard(key_path(place, id).map(|path| Guard::Unchanged(path, key.revision)));
        self.write(key_path(place, id).map(Write::Delete));
        for material in key.record.all_materials() {
            self.write(material_path(place, id, material.id).map(Write::Delete));
        }
        if let Some(rotation) = key.record.rotation {
            self.write(due_path(Duty::Rotate, rotation.next, place, id).map(Write::Delete));
        }
        self.delete_last_use(key).forget_expirations(key)
    }

    /// Writes an alias of `key`. `before` is the alias as it stood; none where it must not be there yet.
    pub(crate) fn put_alias(
        mut self,
        key: &Key,
        name: &AliasName,
        record: &AliasRecord,
        before: Option<&Alias>,
    ) -> Changes {
        let path = alias_path(&key.place, name);
        self.guard(path.map(|path| match before {
            None => Guard::Absent(path),
            Some(before) => Guard::Unchanged(path, before.revision),
        }));
        self.put_json(alias_path(&key.place, name), record);
        let path = alias_of_path(&key.place, &key.record.id, name);
        self.write(path.map(|path| Write::Put(path, claviger_crypto::Secret::new(Vec::new()))));
        self
    }

    /// Removes the note that `name` is an alias of `key`.
    pub(crate) fn detach_alias(mut self, place: &Place, key: &KeyId, name: &AliasName) -> Changes {
        self.write(alias_of_path(place, key, name).map(Write::Delete));
        self
    }

    /// Removes an alias, provided that nobody else changed it.
    pub(crate) fn delete_alias(mut self, place: &Place, name: &AliasName, before: &Alias) -> Changes {
        self.guard(alias_path(place, name).map(|path| Guard::Unchanged(path, before.revision)));
        self.write(alias_path(place, name).map(Write::Delete));
        self
    }

    /// Every path that it guards or writes.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let guarded = self.guards.iter().map(Guard::path);
        guarded.chain(self.writes.iter().map(Write::path)).cloned().collect()
    }

    /// Commits all of it or nothing; [`Fault::Overtaken`] when a guard no longer holds.
    pub(crate) async fn commit(self, store: &SealedStore) -> Result<(), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        match store.commit(self.guards, self.writes).await.map_err(told)? {
            Outcome::Committed(_) => Ok(()),
            Outcome::Conflict => Err(Fault::Overtaken),
        }
    }

    fn guard(&mut self, guard: Result<Guard, Fault>) {
        match guard {
            Ok(guard) => self.guards.push(guard),
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn write(&mut self, write: Result<Write, Fault>) {
        match write {
            Ok(write) => self.writes.push(write),
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn put_json(&mut self, path: Result<Path, Fault>, record: &impl Serialize) {
        let json = serde_json::to_vec(record).map_err(Fault::internal);
        self.write(path.and_then(|path| Ok(Write::Put(path, claviger_crypto::Secret::new(json?)))));
    }
}

fn from_json<R: DeserializeOwned>(entry: &SealedEntry) -> Result<R, Fault> {
    serde_json::from_slice(entry.value.expose())
        .map_err(|error| Fault::internal(format!("{}: {error}", entry.path)))
}

fn last_part<'e>(entry: &'e SealedEntry, prefix: &str) -> Result<&'e str, Fault> {
    let name = entry.path.as_str().strip_prefix(prefix);
    name.ok_or_else(|| Fault::internal(format!("{} is outside of {prefix}", entry.path)))
}

/// What the caller is told of a store that does not serve.
pub(crate) fn told(error: SealError) -> Fault {
    match error {
        SealError::Store(StoreError::Full | StoreError::Unavailable { .. } | StoreError::Stopped) => {
            Fault::DependencyTimeout
        }
        error => Fault::internal(error),
    }
}
