//! Rotates the keys whose next rotation is due.

use crate::fault::Fault;
use crate::keyspace::{self, Changes, Due, Duty};
use crate::kms::Kms;
use crate::model::{Key, KeyState, RotationType};

/// Keys rotated between two looks at what is due.
const BATCH_KEYS: usize = 100;

pub(super) async fn run(kms: &Kms) -> Result<usize, Fault> {
    let mut rotated = 0;
    loop {
        let due = keyspace::list_due(&kms.store, Duty::Rotate, kms.now(), BATCH_KEYS).await?;
        let is_last = due.len() < BATCH_KEYS;
        for due in due {
            rotated += usize::from(settle(kms, due).await?);
        }
        if is_last {
            return Ok(rotated);
        }
    }
}

async fn settle(kms: &Kms, due: Due) -> Result<bool, Fault> {
    let result = match keyspace::load_key(&kms.store, due.place, &due.key).await? {
        Some(key) if is_due(kms, &key) => {
            let changes = Changes::new().settle(&due);
            kms.rotate(&key, RotationType::Automatic, changes).await.map(|()| true)
        }
        // A key that cannot be used waits until it is enabled; of any other only the note is left.
        Some(_) | None => kms.commit(Changes::new().settle(&due)).await.map(|()| false),
    };
    match result {
        // Another node was first; the next round sees what it left.
        Err(Fault::Overtaken) => Ok(false),
        other => other,
    }
}

fn is_due(kms: &Kms, key: &Key) -> bool {
    let is_past = key.record.rotation.is_some_and(|rotation| rotation.next <= kms.now());
    is_past && key.record.state == KeyState::Enabled && key.check_not_replica().is_ok()
}
