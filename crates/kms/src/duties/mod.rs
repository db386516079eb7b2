//! What the service does on its own when time has passed.

mod delete_due;
mod expire_material;
mod rotate_domain_keys;
mod rotate_due;
pub(crate) mod service_event;

use crate::fault::Fault;
use crate::import_token;
use crate::kms::Kms;

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
    /// Domain keys of the store that were renewed.
    pub domain_keys_renewed: usize,
}

impl Kms {
    /// Does what is due by now. Run it every so often; nothing depends on how often, since what is past its time is
    /// refused before it is tidied away.
    pub async fn run_duties(&self) -> Result<DutyReport, Fault> {
        let keys_deleted = delete_due::run(self).await?;
        let keys_rotated = rotate_due::run(self).await?;
        let materials_expired = expire_material::run(self).await?;
        let import_keys_destroyed = import_token::destroy_old(self).await?;
        let domain_keys_renewed = rotate_domain_keys::run(self).await?;
        // When a key or an access key was last used is noted in memory, so that no request waits for it.
        self.write_key_uses().await?;
        self.directory.write_key_uses().await.map_err(Fault::internal)?;
        Ok(DutyReport {
            keys_deleted,
            keys_rotated,
            materials_expired,
            import_keys_destroyed,
            domain_keys_renewed,
        })
    }
}
