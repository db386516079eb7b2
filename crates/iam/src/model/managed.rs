//! A managed policy of an account as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{EntityPath, PolicyName, Tags, UniqueId};

/// A customer managed policy. The texts of its versions are rows of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    pub id: UniqueId,
    pub name: PolicyName,
    pub path: EntityPath,
    pub description: Option<Box<str>>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub tags: Tags,
    /// Oldest first.
    pub versions: Vec<VersionRecord>,
    pub default_version: u32,
    /// The number of the next version: none is given twice.
    pub next_version: u32,
}

/// A version of a policy: `v1`, `v2`, …
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionRecord {
    pub number: u32,
    pub created: Timestamp,
}

/// By how many entities of an account a managed policy is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyUse {
    pub attachments: u32,
    pub boundaries: u32,
}
