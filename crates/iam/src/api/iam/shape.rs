//! How users, groups, roles, policies and tags stand in answers, and in records of requests.

use claviger_audit::Shown;
use claviger_names::{AccountId, ArnPartition};
use claviger_wire::{Xml, percent_encoded};
use jiff::Timestamp;

use super::page::{Listed, Page};
use crate::access_key::LastUse;
use crate::api::Fault;
use crate::aws_policies::AwsPolicy;
use crate::model::{Entity, GroupRecord, PolicyRecord, PolicyUse, RoleRecord, UserRecord, VersionRecord};
use crate::{PolicyArn, Tags};

/// What an answer tells of an entity beside what it always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// In a list.
    Listed,
    /// When it was created.
    Created,
    /// Everything.
    Full,
}

/// A user in an answer.
pub(super) struct UserShape {
    pub arn: String,
    pub user: UserRecord,
    pub partition: ArnPartition,
    pub detail: Detail,
}

/// A group in an answer.
pub(super) struct GroupShape {
    pub arn: String,
    pub group: GroupRecord,
}

/// A role in an answer.
pub(super) struct RoleShape {
    pub arn: String,
    pub role: RoleRecord,
    /// The trust policy with those it names by what they are called now.
    pub trust: String,
    pub last_use: Option<LastUse>,
    pub partition: ArnPartition,
    pub detail: Detail,
}

/// A managed policy in an answer.
pub(super) struct PolicyShape {
    pub arn: String,
    pub id: String,
    pub name: String,
    pub path: String,
    pub description: Option<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub default_version: u32,
    pub uses: PolicyUse,
    pub is_attachable: bool,
    pub tags: Tags,
    pub detail: Detail,
}

/// A version of a managed policy in an answer.
pub(super) struct VersionShape {
    pub version: VersionRecord,
    pub is_default: bool,
    pub document: Option<String>,
}

/// Name and ARN of a policy that is attached.
pub(super) struct AttachedPolicy {
    name: String,
    arn: String,
}

/// Key and value of a tag.
pub(super) type TagPair = (String, String);

impl UserShape {
    pub(super) fn new(
        user: UserRecord,
        account: AccountId,
        partition: ArnPartition,
        detail: Detail,
    ) -> UserShape {
        UserShape { arn: user.arn(partition, account), user, partition, detail }
    }

    pub(super) fn write(&self, xml: &mut Xml) {
        let UserRecord { id, name, path, created, tags, boundary, .. } = &self.user;
        xml.text("Path", path.as_str()).text("UserName", name.as_str()).text("UserId", id.as_str());
        xml.text("Arn", &self.arn).time("CreateDate", *created);
        if self.detail != Detail::Listed {
            write_boundary(xml, boundary.as_ref(), self.partition);
            write_tags(xml, tags);
        }
    }
}

impl GroupShape {
    pub(super) fn new(group: GroupRecord, account: AccountId, partition: ArnPartition) -> GroupShape {
        GroupShape { arn: group.arn(partition, account), group }
    }

    pub(super) fn write(&self, xml: &mut Xml) {
        let GroupRecord { id, name, path, created, .. } = &self.group;
        xml.text("Path", path.as_str()).text("GroupName", name.as_str()).text("GroupId", id.as_str());
        xml.text("Arn", &self.arn).time("CreateDate", *created);
    }
}

impl RoleShape {
    pub(super) fn write(&self, xml: &mut Xml) {
        let RoleRecord { id, name, path, created, description, tags, boundary, .. } = &self.role;
        xml.text("Path", path.as_str()).text("RoleName", name.as_str()).text("RoleId", id.as_str());
        xml.text("Arn", &self.arn).time("CreateDate", *created);
        xml.text("AssumeRolePolicyDocument", &percent_encoded(&self.trust));
        xml.maybe_text("Description", description.as_deref());
        if self.detail != Detail::Created {
            xml.number("MaxSessionDuration", i64::from(self.role.session_max_seconds));
        }
        if self.detail != Detail::Listed {
            write_boundary(xml, boundary.as_ref(), self.partition);
            write_tags(xml, tags);
        }
        if self.detail == Detail::Full {
            xml.element("RoleLastUsed", |xml| {
                if let Some(LastUse { used, region, .. }) = &self.last_use {
                    xml.time("LastUsedDate", *used).text("Region", region.as_str());
                }
            });
        }
    }
}

impl PolicyShape {
    /// A policy of the account.
    pub(super) fn own(
        policy: PolicyRecord,
        uses: PolicyUse,
        account: AccountId,
        partition: ArnPartition,
        detail: Detail,
    ) -> PolicyShape {
        PolicyShape {
            arn: policy.policy_arn(account).arn(partition),
            id: policy.id.to_string(),
            name: policy.name.to_string(),
            path: policy.path.to_string(),
            description: policy.description.map(Into::into),
            created: policy.created,
            updated: policy.updated,
            default_version: policy.default_version,
            uses,
            is_attachable: true,
            tags: policy.tags,
            detail,
        }
    }

    /// A policy of AWS.
    pub(super) fn aws(
        policy: &AwsPolicy,
        uses: PolicyUse,
        partition: ArnPartition,
        detail: Detail,
    ) -> PolicyShape {
        PolicyShape {
            arn: policy.arn(partition),
            id: policy.id.to_owned(),
            name: policy.name.to_owned(),
            path: policy.path.to_owned(),
            description: Some(policy.description.to_owned()),
            created: policy.created_at(),
            updated: policy.updated_at(),
            default_version: policy.version,
            uses,
            is_attachable: true,
            tags: Tags::default(),
            detail,
        }
    }

    pub(super) fn write(&self, xml: &mut Xml) {
        xml.text("PolicyName", &self.name).text("PolicyId", &self.id).text("Arn", &self.arn);
        xml.text("Path", &self.path).text("DefaultVersionId", &format!("v{}", self.default_version));
        xml.number("AttachmentCount", i64::from(self.uses.attachments));
        xml.number("PermissionsBoundaryUsageCount", i64::from(self.uses.boundaries));
        xml.flag("IsAttachable", self.is_attachable);
        if self.detail == Detail::Full {
            xml.maybe_text("Description", self.description.as_deref());
        }
        xml.time("CreateDate", self.created).time("UpdateDate", self.updated);
        if self.detail != Detail::Listed {
            write_tags(xml, &self.tags);
        }
    }
}

impl VersionShape {
    pub(super) fn write(&self, xml: &mut Xml) {
        let document = self.document.as_deref().map(percent_encoded);
        xml.maybe_text("Document", document.as_deref());
        xml.text("VersionId", &format!("v{}", self.version.number));
        xml.flag("IsDefaultVersion", self.is_default).time("CreateDate", self.version.created);
    }
}

impl AttachedPolicy {
    pub(super) fn of(arn: &PolicyArn, partition: ArnPartition) -> AttachedPolicy {
        AttachedPolicy { name: arn.name.to_string(), arn: arn.arn(partition) }
    }

    pub(super) fn write(&self, xml: &mut Xml) {
        xml.text("PolicyName", &self.name).text("PolicyArn", &self.arn);
    }
}

/// Writes Tags; nothing where there are none.
pub(super) fn write_tags(xml: &mut Xml, tags: &Tags) {
    if !tags.is_empty() {
        xml.list("Tags", tags.iter(), |xml, (key, value)| {
            xml.text("Key", key).text("Value", value);
        });
    }
}

/// Writes one tag.
pub(super) fn write_tag(xml: &mut Xml, (key, value): &TagPair) {
    xml.text("Key", key).text("Value", value);
}

/// A page of tags.
pub(super) fn page_of_tags(page: &Page, list: &str, tags: &Tags) -> Result<Listed<TagPair>, Fault> {
    let pairs = tags.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    page.of(list, pairs, |(key, _)| key.to_lowercase())
}

/// Writes PermissionsBoundary, if there is one.
pub(super) fn write_boundary(xml: &mut Xml, boundary: Option<&PolicyArn>, partition: ArnPartition) {
    if let Some(arn) = boundary {
        xml.element("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", &arn.arn(partition));
        });
    }
}

/// Shows tags in a record, if there are any.
pub(super) fn show_tags(shown: Shown, tags: &Tags) -> Shown {
    match tags.is_empty() {
        true => shown,
        false => {
            let tag = |(key, value)| Shown::new().text("key", key).text("value", value);
            shown.objects("tags", tags.iter().map(tag))
        }
    }
}

/// Shows an entity in a record of its creation.
pub(super) fn show_entity<E: Entity>(entity: &E, created: Timestamp, arn: &str) -> Shown {
    let word = E::KIND.word();
    Shown::new()
        .text("path", entity.path().as_str())
        .text(&format!("{word}Name"), entity.name())
        .text(&format!("{word}Id"), entity.id().as_str())
        .text("arn", arn)
        .date("createDate", created)
}
