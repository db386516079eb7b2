//! What is stored of a key's materials beside their bytes, and when they change.

use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::MaterialId;
use serde::{Deserialize, Serialize};

use super::{Imported, RotationType};
use crate::fault::Fault;

/// One material of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MaterialRecord {
    pub id: MaterialId,
    /// The rotation that brought it; the first material came with the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Rotated>,
    /// What its owner said of it, if it was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// A rotation that was done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rotated {
    pub at: Timestamp,
    pub kind: RotationType,
}

/// The rotations that a key has by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rotation {
    pub period_days: u16,
    /// When the next one is due; it may be past while the key cannot be used.
    pub next: Timestamp,
}

impl MaterialRecord {
    /// The material that a key begins with.
    pub(crate) fn first(id: MaterialId) -> MaterialRecord {
        MaterialRecord { id, rotated: None, imported: None }
    }
}

impl Rotation {
    /// Rotations every so many days, the first of them so long after `from`.
    pub(crate) fn every(period_days: u16, from: Timestamp) -> Result<Rotation, Fault> {
        let period = SignedDuration::from_hours(24 * i64::from(period_days));
        Ok(Rotation { period_days, next: from.checked_add(period).map_err(Fault::internal)? })
    }
}
