//! Destroys the imported material whose time is over.

use futures_util::future::BoxFuture;

use crate::fault::Fault;
use crate::keyspace::{self, Changes, Due};
use crate::kms::Kms;

/// Destroys what of the key's material is past its time.
pub(super) fn settle(kms: &Kms, due: Due) -> BoxFuture<'_, Result<usize, Fault>> {
    Box::pin(async move {
        let mut expired = 0;
        loop {
            match keyspace::load_key(&kms.store, due.place, &due.key).await? {
                Some(key) if key.record.has_expired(kms.now()) => expired += kms.expire(&key).await?,
                // The material was deleted, imported anew or is destroyed by now: only the note may be left.
                Some(_) | None => return kms.commit(Changes::new().settle(&due)).await.map(|()| expired),
            }
        }
    })
}
