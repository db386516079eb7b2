//! Destroys the imported material whose time is over.

use crate::fault::Fault;
use crate::keyspace::{self, Changes, Due, Duty};
use crate::kms::Kms;

/// Keys looked after between two looks at what is due.
const BATCH_KEYS: usize = 100;

pub(super) async fn run(kms: &Kms) -> Result<usize, Fault> {
    let mut expired = 0;
    loop {
        let due = keyspace::list_due(&kms.store, Duty::Expire, kms.now(), BATCH_KEYS).await?;
        let is_last = due.len() < BATCH_KEYS;
        for due in due {
            expired += settle(kms, due).await?;
        }
        if is_last {
            return Ok(expired);
        }
    }
}

async fn settle(kms: &Kms, due: Due) -> Result<usize, Fault> {
    let result = match keyspace::load_key(&kms.store, due.place, &due.key).await? {
        // The note goes with what it tells of.
        Some(key) if key.record.has_expired(kms.now()) => kms.expire(&key).await,
        // The material was deleted, or imported anew: only the note is left.
        Some(_) | None => kms.commit(Changes::new().settle(&due)).await.map(|()| 0),
    };
    match result {
        // Another node was first; the next round sees what it left.
        Err(Fault::Overtaken) => Ok(0),
        other => other,
    }
}
