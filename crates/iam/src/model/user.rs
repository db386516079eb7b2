//! A user as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entity, EntityKind, EntityPath, OwnPolicies, PolicyArn, Tags, UniqueId, UserName};
use crate::AccessKeyId;

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct UserRecord {
    pub id: UniqueId,
    pub name: UserName,
    pub path: EntityPath,
    pub created: Timestamp,
    pub tags: Tags,
    pub boundary: Option<PolicyArn>,
    pub policies: OwnPolicies,
    /// The groups that the user is in.
    pub groups: Vec<UniqueId>,
    pub access_keys: Vec<AccessKeyId>,
}

impl Entity for UserRecord {
    const KIND: EntityKind = EntityKind::User;

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
