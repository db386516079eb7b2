//! What users, groups and roles have in common.

use std::collections::BTreeMap;

use claviger_names::{AccountId, ArnPartition};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{EntityPath, IdKind, PolicyArn, PolicyName, UniqueId};

/// Which of the three it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum EntityKind {
    User,
    Group,
    Role,
}

impl EntityKind {
    /// The word in paths, ARNs and messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            EntityKind::User => "user",
            EntityKind::Group => "group",
            EntityKind::Role => "role",
        }
    }

    /// The word at the beginning of a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            EntityKind::User => "User",
            EntityKind::Group => "Group",
            EntityKind::Role => "Role",
        }
    }

    /// The kind of its unique ids.
    pub(crate) fn id_kind(self) -> IdKind {
        match self {
            EntityKind::User => IdKind::User,
            EntityKind::Group => IdKind::Group,
            EntityKind::Role => IdKind::Role,
        }
    }

    /// Its ARN.
    pub(crate) fn arn(
        self,
        partition: ArnPartition,
        account: AccountId,
        path: &EntityPath,
        name: &str,
    ) -> String {
        format!("arn:{partition}:iam::{account}:{}{path}{name}", self.word())
    }
}

/// The policies of one entity: the inline ones, whose texts are rows of their own, and those attached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnPolicies {
    /// Name and size of each inline policy, in characters that count.
    pub inline: BTreeMap<PolicyName, usize>,
    /// The managed policies that are attached, in the order of their attachment.
    pub attached: Vec<PolicyArn>,
}

/// A user, group or role as it is stored.
pub(crate) trait Entity: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    const KIND: EntityKind;

    fn id(&self) -> UniqueId;
    fn name(&self) -> &str;
    fn path(&self) -> &EntityPath;
    fn policies(&self) -> &OwnPolicies;
    fn policies_mut(&mut self) -> &mut OwnPolicies;

    /// Its ARN.
    fn arn(&self, partition: ArnPartition, account: AccountId) -> String {
        Self::KIND.arn(partition, account, self.path(), self.name())
    }
}
