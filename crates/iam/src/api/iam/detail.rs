//! Users, groups, roles and policies with all that belongs to them, as GetAccountAuthorizationDetails tells them.

use claviger_names::AccountId;
use claviger_wire::{Xml, percent_encoded};

use super::managed::{self, Usable};
use super::role::shape_of;
use super::shape::{AttachedPolicy, Detail, GroupShape, PolicyShape, RoleShape, UserShape, VersionShape};
use super::{Group, Role, User};
use crate::api::{Api, Call, Fault};
use crate::model::{Entity, PolicyUse, VersionRecord};
use crate::rows::{at, text_of};
use crate::{GroupName, PolicyName};

/// Something with all that belongs to it.
pub(super) enum Detailed {
    User(Box<UserShape>, Belongings, Vec<GroupName>),
    Group(Box<GroupShape>, Belongings),
    Role(Box<RoleShape>, Belongings),
    Policy(Box<PolicyShape>, Vec<VersionShape>),
}

/// The policies of an entity.
pub(super) struct Belongings {
    inline: Vec<(PolicyName, String)>,
    attached: Vec<AttachedPolicy>,
}

pub(super) async fn user(api: &Api, call: &Call<'_>, user: User) -> Result<Detailed, Fault> {
    let belongings = Belongings::of(api, call, &user).await?;
    let mut groups = Vec::with_capacity(user.groups.len());
    for id in &user.groups {
        groups.extend(api.directory.group_record(*id).await?.map(|(_, group)| group.name));
    }
    let shape = UserShape::new(user, call.account(), call.partition(), Detail::Full);
    Ok(Detailed::User(Box::new(shape), belongings, groups))
}

pub(super) async fn group(api: &Api, call: &Call<'_>, group: Group) -> Result<Detailed, Fault> {
    let belongings = Belongings::of(api, call, &group).await?;
    Ok(Detailed::Group(Box::new(GroupShape::new(group, call.account(), call.partition())), belongings))
}

pub(super) async fn role(api: &Api, call: &Call<'_>, role: Role) -> Result<Detailed, Fault> {
    let belongings = Belongings::of(api, call, &role).await?;
    Ok(Detailed::Role(Box::new(shape_of(api, call, role, Detail::Full).await?), belongings))
}

pub(super) async fn policy(api: &Api, call: &Call<'_>, policy: Usable) -> Result<Detailed, Fault> {
    let (account, partition) = (call.account(), call.partition());
    let uses: PolicyUse = managed::uses(api, account, policy.id()).await?.record;
    let (shape, versions) = match policy {
        Usable::Own(row) => {
            let versions = versions(api, account, &row.record).await?;
            (PolicyShape::own(row.record, uses, account, partition, Detail::Full), versions)
        }
        Usable::Aws(policy, _) => {
            let version = VersionRecord { number: policy.version, created: policy.updated_at() };
            let document = Some(policy.text.to_owned());
            let versions = vec![VersionShape { version, is_default: true, document }];
            (PolicyShape::aws(policy, uses, partition, Detail::Full), versions)
        }
    };
    Ok(Detailed::Policy(Box::new(shape), versions))
}

async fn versions(
    api: &Api,
    account: AccountId,
    policy: &crate::model::PolicyRecord,
) -> Result<Vec<VersionShape>, Fault> {
    let mut shapes = Vec::with_capacity(policy.versions.len());
    for version in policy.versions.iter().rev() {
        let path = at::policy_text(account, policy.id, version.number)?;
        // Where the text is gone, the version is gone meanwhile.
        let text = api.directory.read(&path).await?.ok_or(Fault::Overtaken)?;
        let is_default = version.number == policy.default_version;
        shapes.push(VersionShape { version: *version, is_default, document: Some(text_of(&text)?) });
    }
    Ok(shapes)
}

impl Belongings {
    async fn of<E: Entity>(api: &Api, call: &Call<'_>, entity: &E) -> Result<Belongings, Fault> {
        let own = entity.policies();
        let mut inline = Vec::with_capacity(own.inline.len());
        for name in own.inline.keys() {
            let path = at::inline(call.account(), entity.id(), name)?;
            // Where the text is gone, the entity has changed meanwhile.
            let text = api.directory.read(&path).await?.ok_or(Fault::Overtaken)?;
            inline.push((name.clone(), text_of(&text)?));
        }
        let attached = own.attached.iter().map(|arn| AttachedPolicy::of(arn, call.partition()));
        Ok(Belongings { inline, attached: attached.collect() })
    }

    fn write(&self, xml: &mut Xml, inline_list: &str) {
        xml.list(inline_list, &self.inline, |xml, (name, text)| {
            xml.text("PolicyName", name.as_str()).text("PolicyDocument", &percent_encoded(text));
        });
        xml.list("AttachedManagedPolicies", &self.attached, |xml, policy| policy.write(xml));
    }
}

/// Writes all of it, each kind in its list.
pub(super) fn write_all(items: &[Detailed], xml: &mut Xml) {
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        let of_list = items.iter().filter(|item| item.list() == list);
        xml.list(list, of_list, |xml, item| item.write(xml));
    }
}

impl Detailed {
    fn list(&self) -> &'static str {
        match self {
            Detailed::User(..) => "UserDetailList",
            Detailed::Group(..) => "GroupDetailList",
            Detailed::Role(..) => "RoleDetailList",
            Detailed::Policy(..) => "Policies",
        }
    }

    fn write(&self, xml: &mut Xml) {
        match self {
            Detailed::User(user, belongings, groups) => {
                user.write(xml);
                belongings.write(xml, "UserPolicyList");
                xml.texts("GroupList", groups);
            }
            Detailed::Group(group, belongings) => {
                group.write(xml);
                belongings.write(xml, "GroupPolicyList");
            }
            Detailed::Role(role, belongings) => {
                role.write(xml);
                xml.list("InstanceProfileList", std::iter::empty::<()>(), |_, ()| {});
                belongings.write(xml, "RolePolicyList");
            }
            Detailed::Policy(policy, versions) => {
                policy.write(xml);
                xml.list("PolicyVersionList", versions, |xml, version| version.write(xml));
            }
        }
    }
}
