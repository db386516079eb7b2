//! What is stored of an alias.

use claviger_clock::Timestamp;
use claviger_names::KeyId;
use serde::{Deserialize, Serialize};

/// An alias: another name for one key of the same account and Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AliasRecord {
    /// The key that it stands for.
    pub target: KeyId,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last pointed at a key.
    pub updated: Timestamp,
}
