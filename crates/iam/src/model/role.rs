//! A role as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Bindings, Entity, EntityKind, EntityPath, OwnPolicies, PolicyArn, RoleName, Tags, UniqueId};

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoleRecord {
    pub id: UniqueId,
    pub name: RoleName,
    pub path: EntityPath,
    pub created: Timestamp,
    pub tags: Tags,
    pub boundary: Option<PolicyArn>,
    pub policies: OwnPolicies,
    pub description: Option<Box<str>>,
    /// Longest session, in seconds.
    pub session_max_seconds: u32,
    /// Who may assume it: the document's text.
    pub trust: Box<str>,
    /// Whom the principals of that document meant when it was saved.
    pub trust_bindings: Bindings,
    /// The service that the role belongs to, when it is service-linked.
    pub service: Option<Box<str>>,
}

impl Entity for RoleRecord {
    const KIND: EntityKind = EntityKind::Role;

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
