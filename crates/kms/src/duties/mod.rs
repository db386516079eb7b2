//! What the service does on its own when time has passed.

mod delete_due;
mod expire_material;
mod rotate_domain_keys;
mod rotate_due;
pub(crate) mod service_event;

use futures_util::future::BoxFuture;

use crate::fault::{Cause, Fault};
use crate::import_token;
use crate::keyspace::{self, Due, Duty};
use crate::kms::Kms;

/// Keys looked after between two looks at what is due.
const BATCH_KEYS: usize = 100;

/// What is done for one key; tells how much that was.
type Settle = for<'k> fn(&'k Kms, Due) -> BoxFuture<'k, Result<usize, Fault>>;

/// What one round of duties did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DutyReport {
    /// Keys whose waiting period was over and that are deleted now.
    pub keys_deleted: usize,
    /// Keys whose rotation was due and that have new material now.
    pub keys_rotated: usize,
    /// Imported materials whose time was over and that are destroyed now.
    pub materials_expired: usize,
    /// Keys of import tokens that were destroyed, since no token under them serves any longer.
    pub import_keys_destroyed: usize,
    /// Acts that a node did not live to record and that are on record now.
    pub events_told: usize,
    /// Domain keys of the store that were renewed.
    pub domain_keys_renewed: usize,
}

impl Kms {
    /// Does what is due by now. Run it every so often; nothing depends on how often, since what is past its time is
    /// refused before it is tidied away.
    ///
    /// A duty that fails holds up no other; the first of them that failed is told when all are done.
    pub async fn run_duties(&self) -> Result<DutyReport, Fault> {
        let mut failed = None;
        let mut kept = |result: Result<usize, Fault>| {
            result.unwrap_or_else(|fault| {
                failed.get_or_insert(fault);
                0
            })
        };
        let report = DutyReport {
            keys_deleted: kept(each_due(self, Duty::Delete, delete_due::settle).await),
            keys_rotated: kept(each_due(self, Duty::Rotate, rotate_due::settle).await),
            materials_expired: kept(each_due(self, Duty::Expire, expire_material::settle).await),
            import_keys_destroyed: kept(import_token::destroy_old(self).await),
            events_told: kept(service_event::tell_forgotten(self).await),
            domain_keys_renewed: kept(rotate_domain_keys::run(self).await),
        };
        // When a key or an access key was last used is noted in memory, so that no request waits for it.
        kept(self.write_key_uses().await.map(|()| 0));
        kept(self.directory.write_key_uses().await.map(|()| 0).map_err(Fault::internal));
        failed.map_or(Ok(report), Err)
    }
}

/// Does a duty for every key that is due. A key that fails is told in the log, stays due, and holds up no other.
async fn each_due(kms: &Kms, duty: Duty, settle: Settle) -> Result<usize, Fault> {
    let (mut done, mut failed, mut after) = (0, None, None);
    loop {
        let due = keyspace::list_due(&kms.store, duty, kms.now(), after.as_ref(), BATCH_KEYS).await?;
        let is_last = due.len() < BATCH_KEYS;
        after = due.last().map(|due| due.row.clone());
        for due in due {
            let key = due.key.arn(due.place.account, due.place.region);
            match settle(kms, due).await {
                Ok(count) => done += count,
                // Another node was first; the next round sees what it left.
                Err(Fault::Overtaken) => {}
                Err(fault) => {
                    let cause = if let Fault::Internal(Cause(cause)) = &fault { cause } else { fault.code() };
                    tracing::error!(key, ?duty, cause, "a duty failed");
                    failed.get_or_insert(fault);
                }
            }
        }
        if is_last {
            return failed.map_or(Ok(done), Err);
        }
    }
}
