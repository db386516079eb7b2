//! When keys were last used, as it is stored.

use claviger_names::KeyId;
use claviger_seal::{SealedStore, Write};
use claviger_store::{Guard, Path, TRANSACTION_LIMIT_STEPS};

use super::{Changes, from_json, key_path, path, told};
use crate::fault::Fault;
use crate::model::{Key, LastUseRecord, Place};

/// Most uses that one commit writes: each has a guard and a row.
pub(crate) const USES_PER_COMMIT_MAX: usize = TRANSACTION_LIMIT_STEPS / 2;

pub(super) fn last_use_path(place: &Place, id: &KeyId) -> Result<Path, Fault> {
    path(format!("{}/{}/last-use/{id}", place.account, place.region))
}

/// When a key was last used, as far as it is stored.
pub(crate) async fn load_last_use(
    store: &SealedStore,
    place: &Place,
    id: &KeyId,
) -> Result<Option<LastUseRecord>, Fault> {
    let entry = store.read(&last_use_path(place, id)?).await.map_err(told)?;
    entry.as_ref().map(from_json).transpose()
}

impl Changes {
    /// Writes when a key was last used, provided that it is still there.
    pub(crate) fn put_last_use(mut self, key: &Key, record: &LastUseRecord) -> Changes {
        let id = &key.record.id;
        self.guard(key_path(&key.place, id).map(|path| Guard::Unchanged(path, key.revision)));
        self.put_json(last_use_path(&key.place, id), record);
        self
    }

    /// Removes what is stored of a key's last use.
    pub(super) fn delete_last_use(mut self, key: &Key) -> Changes {
        self.write(last_use_path(&key.place, &key.record.id).map(Write::Delete));
        self
    }
}
