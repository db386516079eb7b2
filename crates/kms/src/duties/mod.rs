//! What the service does on its own when time has passed.

mod delete_due;
mod rotate_domain_keys;
mod rotate_due;
pub(crate) mod service_event;

use crate::fault::Fault;
use crate::kms::Kms;

/// What one round of duties did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DutyReport {
    /// Keys whose waiting period was over and that are deleted now.
    pub keys_deleted: usize,
    /// Keys whose rotation was due and that have new material now.
    pub keys_rotated: usize,
    /// Domain keys of the store that were renewed.
    pub domain_keys_renewed: usize,
}

impl Kms {
    /// Does what is due by now. Run it every so often; nothing depends on how often, since what is past its time is
    /// refused before it is tidied away.
    pub async fn run_duties(&self) -> Result<DutyReport, Fault> {
        let keys_deleted = delete_due::run(self).await?;
        let keys_rotated = rotate_due::run(self).await?;
        let domain_keys_renewed = rotate_domain_keys::run(self).await?;
        // When an access key was last used is noted in memory, so that no request waits for it.
        self.directory.write_key_uses().await.map_err(Fault::internal)?;
        Ok(DutyReport { keys_deleted, keys_rotated, domain_keys_renewed })
    }
}
