//! What the operations on users, groups and roles have in common, and what sets these apart.

use std::str::FromStr;

use claviger_audit::Shown;
use claviger_wire::{Members, TextRule};

use super::member::{NAME, SHORT_NAME, typed};
use crate::api::{Api, Ask, Call, Fault};
use crate::model::{Entity, EntityKind, GroupRecord, RoleRecord, UserRecord};
use crate::rows::Row;
use crate::{EntityPath, GroupName, PolicyArn, RoleName, Tags, UserName};

/// The actions that every kind of entity has under a name of its own.
pub(super) struct Actions {
    pub put_policy: &'static str,
    pub get_policy: &'static str,
    pub list_policies: &'static str,
    pub delete_policy: &'static str,
    pub attach_policy: &'static str,
    pub detach_policy: &'static str,
    pub list_attached_policies: &'static str,
}

/// A user, group or role, as operations meet it.
pub(super) trait Kin: Entity {
    /// The type of its name.
    type Name: FromStr + AsRef<str> + Clone + Send + Sync + 'static;
    /// The member that names it.
    const MEMBER: &'static str;
    /// The same in a record.
    const SHOWN: &'static str;
    /// The rule of that member.
    const RULE: TextRule;
    /// Its rule for new names, which is also that where managed policies are attached or a boundary is put.
    const RULE_OF_NEW: TextRule = Self::RULE;
    /// Most characters of all its inline policies together.
    const INLINE_CHARACTERS_MAX: usize;
    /// Most managed policies attached to it.
    const ATTACHED_MAX: usize;
    const ACTIONS: Actions;

    /// Its tags, if it can have any.
    fn tags(&self) -> Option<&Tags> {
        None
    }

    /// Its boundary, if it has one.
    fn boundary(&self) -> Option<&PolicyArn> {
        None
    }

    /// Refuses changes of what only a service may change.
    fn check_modifiable(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// A user or role: it can have tags and a boundary.
pub(super) trait Bounded: Kin {
    const TAG: &'static str;
    const UNTAG: &'static str;
    const LIST_TAGS: &'static str;
    const PUT_BOUNDARY: &'static str;
    const DELETE_BOUNDARY: &'static str;

    fn tags_mut(&mut self) -> &mut Tags;
    fn boundary_mut(&mut self) -> &mut Option<PolicyArn>;
}

impl Kin for UserRecord {
    type Name = UserName;
    const MEMBER: &'static str = "UserName";
    const SHOWN: &'static str = "userName";
    const RULE: TextRule = NAME;
    const RULE_OF_NEW: TextRule = SHORT_NAME;
    const INLINE_CHARACTERS_MAX: usize = 2048;
    const ATTACHED_MAX: usize = 10;
    const ACTIONS: Actions = Actions {
        put_policy: "iam:PutUserPolicy",
        get_policy: "iam:GetUserPolicy",
        list_policies: "iam:ListUserPolicies",
        delete_policy: "iam:DeleteUserPolicy",
        attach_policy: "iam:AttachUserPolicy",
        detach_policy: "iam:DetachUserPolicy",
        list_attached_policies: "iam:ListAttachedUserPolicies",
    };

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn boundary(&self) -> Option<&PolicyArn> {
        self.boundary.as_ref()
    }
}

impl Bounded for UserRecord {
    const TAG: &'static str = "iam:TagUser";
    const UNTAG: &'static str = "iam:UntagUser";
    const LIST_TAGS: &'static str = "iam:ListUserTags";
    const PUT_BOUNDARY: &'static str = "iam:PutUserPermissionsBoundary";
    const DELETE_BOUNDARY: &'static str = "iam:DeleteUserPermissionsBoundary";

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn boundary_mut(&mut self) -> &mut Option<PolicyArn> {
        &mut self.boundary
    }
}

impl Kin for GroupRecord {
    type Name = GroupName;
    const MEMBER: &'static str = "GroupName";
    const SHOWN: &'static str = "groupName";
    const RULE: TextRule = NAME;
    const INLINE_CHARACTERS_MAX: usize = 5120;
    const ATTACHED_MAX: usize = 10;
    const ACTIONS: Actions = Actions {
        put_policy: "iam:PutGroupPolicy",
        get_policy: "iam:GetGroupPolicy",
        list_policies: "iam:ListGroupPolicies",
        delete_policy: "iam:DeleteGroupPolicy",
        attach_policy: "iam:AttachGroupPolicy",
        detach_policy: "iam:DetachGroupPolicy",
        list_attached_policies: "iam:ListAttachedGroupPolicies",
    };
}

impl Kin for RoleRecord {
    type Name = RoleName;
    const MEMBER: &'static str = "RoleName";
    const SHOWN: &'static str = "roleName";
    const RULE: TextRule = SHORT_NAME;
    const INLINE_CHARACTERS_MAX: usize = 10_240;
    const ATTACHED_MAX: usize = 10;
    const ACTIONS: Actions = Actions {
        put_policy: "iam:PutRolePolicy",
        get_policy: "iam:GetRolePolicy",
        list_policies: "iam:ListRolePolicies",
        delete_policy: "iam:DeleteRolePolicy",
        attach_policy: "iam:AttachRolePolicy",
        detach_policy: "iam:DetachRolePolicy",
        list_attached_policies: "iam:ListAttachedRolePolicies",
    };

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn boundary(&self) -> Option<&PolicyArn> {
        self.boundary.as_ref()
    }

    fn check_modifiable(&self) -> Result<(), Fault> {
        match &self.service {
            None => Ok(()),
            Some(_) => Err(Fault::UnmodifiableEntity(
                format!(
                    "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                    self.name
                )
                .into(),
            )),
        }
    }
}

impl Bounded for RoleRecord {
    const TAG: &'static str = "iam:TagRole";
    const UNTAG: &'static str = "iam:UntagRole";
    const LIST_TAGS: &'static str = "iam:ListRoleTags";
    const PUT_BOUNDARY: &'static str = "iam:PutRolePermissionsBoundary";
    const DELETE_BOUNDARY: &'static str = "iam:DeleteRolePermissionsBoundary";

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn boundary_mut(&mut self) -> &mut Option<PolicyArn> {
        &mut self.boundary
    }
}

/// The operation that an action is named after.
pub(super) const fn operation(action: &'static str) -> &'static str {
    action.split_at("iam:".len()).1
}

/// Takes the member that names the entity.
pub(super) fn take_name<E: Kin>(members: &mut Members<'_>) -> String {
    members.required_text(E::MEMBER, &E::RULE).into_owned()
}

/// The same where managed policies are attached or a boundary is put.
pub(super) fn take_name_to_attach<E: Kin>(members: &mut Members<'_>) -> String {
    members.required_text(E::MEMBER, &E::RULE_OF_NEW).into_owned()
}

/// That name as its type.
pub(super) fn name<E: Kin>(text: &str) -> Result<E::Name, Fault> {
    typed(text)
}

/// Shows it in a record.
pub(super) fn shown<E: Kin>(name: &E::Name) -> Shown {
    Shown::new().text(E::SHOWN, name.as_ref())
}

/// The user, group or role of this name.
pub(super) async fn find<E: Entity>(api: &Api, call: &Call<'_>, name: &str) -> Result<Row<E>, Fault> {
    let found = api.directory.entity::<E>(call.account(), name).await?;
    found.ok_or_else(|| missing(E::KIND, name))
}

/// The refusal of a name that nobody has.
pub(super) fn missing(kind: EntityKind, name: &str) -> Fault {
    Fault::NoSuchEntity(format!("The {} with name {name} cannot be found.", kind.word()).into())
}

/// `action` on the entity of this name, with what it is tagged with; should there be none, on what it would be.
pub(super) async fn ask<E: Kin>(
    api: &Api,
    call: &Call<'_>,
    action: &'static str,
    name: &str,
) -> Result<Ask, Fault> {
    let found = api.directory.entity::<E>(call.account(), name).await?;
    Ok(asked(call, action, found.as_ref().map(|row| &row.record), name))
}

/// The same for an action that is also judged by the entity's boundary.
pub(super) async fn ask_bounded<E: Kin>(
    api: &Api,
    call: &Call<'_>,
    action: &'static str,
    name: &str,
) -> Result<Ask, Fault> {
    let found = api.directory.entity::<E>(call.account(), name).await?;
    let boundary = found.as_ref().and_then(|row| row.record.boundary()).map(|arn| arn.arn(call.partition()));
    let ask = asked(call, action, found.as_ref().map(|row| &row.record), name);
    Ok(ask.maybe("iam:PermissionsBoundary", boundary.as_deref()))
}

fn asked<E: Kin>(call: &Call<'_>, action: &'static str, found: Option<&E>, name: &str) -> Ask {
    let path = found.map(|entity| entity.path().clone()).unwrap_or_default();
    let ask = ask_of(call, E::KIND, action, &path, name);
    match found.and_then(Kin::tags) {
        Some(tags) => ask.resource_tags(tags.iter()),
        None => ask,
    }
}

/// `action` on an entity of this path and name.
pub(super) fn ask_of(
    call: &Call<'_>,
    kind: EntityKind,
    action: &'static str,
    path: &EntityPath,
    name: &str,
) -> Ask {
    Ask::new(
        action,
        kind.arn(call.partition(), call.account(), path, name),
        format!("{} {name}", kind.word()),
    )
}
