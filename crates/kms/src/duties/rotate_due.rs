//! Rotates the keys whose next rotation is due.

use futures_util::future::BoxFuture;

use crate::fault::Fault;
use crate::keyspace::{self, Changes, Due};
use crate::kms::Kms;
use crate::model::{Key, KeyState, RotationType};

/// Rotates the key if that is still due.
pub(super) fn settle(kms: &Kms, due: Due) -> BoxFuture<'_, Result<usize, Fault>> {
    Box::pin(async move {
        match keyspace::load_key(&kms.store, due.place, &due.key).await? {
            Some(key) if is_due(kms, &key) => {
                let changes = Changes::new().settle(&due);
                kms.rotate(&key, RotationType::Automatic, changes).await.map(|()| 1)
            }
            // A key that cannot be used waits until it is enabled; of any other only the note is left.
            Some(_) | None => kms.commit(Changes::new().settle(&due)).await.map(|()| 0),
        }
    })
}

fn is_due(kms: &Kms, key: &Key) -> bool {
    let is_past = key.record.rotation.is_some_and(|rotation| rotation.next <= kms.now());
    is_past && key.record.state == KeyState::Enabled && key.check_not_replica().is_ok()
}
