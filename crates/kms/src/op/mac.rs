//! What GenerateMac and VerifyMac share.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::{MaterialSpec, Secret};

use super::encryption::incompatible;
use crate::fault::Fault;
use crate::gate::{Particulars, Stated};
use crate::model::{Key, MacAlgorithm};

/// What is authenticated, and how.
pub(crate) struct Authenticating {
    pub message: Secret,
    pub algorithm: MacAlgorithm,
}

impl Authenticating {
    /// What policies may ask of it.
    pub(crate) fn states<'r>(&self, grant_tokens: &'r [Cow<'r, str>]) -> Stated<'r> {
        let particulars = Particulars::Mac { algorithm: self.algorithm.name() };
        Stated { grant_tokens, particulars, ..Stated::default() }
    }

    /// Shows it in a record: not the message.
    pub(crate) fn show(&self, shown: Shown, dry_run: Option<bool>) -> Shown {
        shown.text("macAlgorithm", self.algorithm.name()).maybe_flag("dryRun", dry_run)
    }

    /// Refuses an algorithm that the key has not.
    pub(crate) fn check(&self, key: &Key) -> Result<(), Fault> {
        match key.record.spec.material() {
            MaterialSpec::Mac(spec) if spec.algorithm_name() == self.algorithm.name() => Ok(()),
            MaterialSpec::Mac(_) | MaterialSpec::Symmetric | MaterialSpec::PrivateKey(_) => {
                Err(incompatible(self.algorithm.name(), key))
            }
        }
    }
}
