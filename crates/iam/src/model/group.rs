//! A group as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, EntityPath, GroupName, OwnPolicies, UniqueId};

/// A group of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub id: UniqueId,
    pub name: GroupName,
    pub path: EntityPath,
    pub created: Timestamp,
    pub policies: OwnPolicies,
    /// How many users are in it.
    pub members: u32,
}

impl Entity for GroupRecord {
    const KIND: EntityKind = EntityKind::Group;

    fn id(&self) -> UniqueId {
        self.id
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn path(&self) -> &EntityPath {
        &self.path
    }

    fn policies(&self) -> &OwnPolicies {
        &self.policies
    }

    fn policies_mut(&mut self) -> &mut OwnPolicies {
        &mut self.policies
    }
}
