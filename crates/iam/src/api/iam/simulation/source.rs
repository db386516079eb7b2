//! Whose policies a simulation looks at, and these policies' texts.

use claviger_names::AccountId;
use claviger_policy::{Document, Kind};

use super::super::kin::{self, Kin};
use super::super::managed::{self, Usable};
use crate::api::authorize::refused;
use crate::api::{Api, Ask, Call, Fault};
use crate::model::{
    Entity, EntityKind, GroupRecord, IamArn, OwnPolicies, PolicyArn, PolicyOwner, PolicyRecord, RoleRecord,
    UserRecord,
};
use crate::rows::{Row, at, text_of};
use crate::{ControlLevels, EntityPath, PolicyName, RoleName};

/// A policy and what the simulator calls it.
pub(in crate::api::iam) struct Source {
    pub id: String,
    pub text: String,
    pub origin: Origin,
}

/// Where a policy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api::iam) enum Origin {
    /// The request.
    Sent,
    /// It is embedded in a user, group or role.
    Inline { kind: EntityKind, entity: String, policy: PolicyName },
    /// It is attached.
    Managed(PolicyArn),
}

/// A user, group or role that a request names by its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api::iam) struct Named {
    pub arn: String,
    pub kind: EntityKind,
    pub account: AccountId,
    path: EntityPath,
    name: String,
}

/// What limits and permits a user, group or role.
#[derive(Default)]
pub(in crate::api::iam) struct Held {
    pub policies: Vec<Source>,
    pub boundary: Option<Source>,
    pub service_control: ControlLevels,
}

impl Source {
    /// The documents of a request's list.
    pub(in crate::api::iam) fn of_list(list: &str, texts: &[String]) -> Vec<Source> {
        let source = |(at, text): (usize, &String)| Source {
            id: format!("{list}.{}", at + 1),
            text: text.clone(),
            origin: Origin::Sent,
        };
        texts.iter().enumerate().map(source).collect()
    }

    /// Its document.
    pub(super) fn document(&self, kind: Kind) -> Result<Document, Fault> {
        Document::parse(&self.text, kind).map_err(|fault| Fault::InvalidInput(fault.to_string().into()))
    }
}

impl Named {
    /// Reads the ARN of a user, group or role.
    pub(in crate::api::iam) fn read(arn: &str) -> Result<Named, Fault> {
        Named::parse(arn).ok_or_else(|| {
            let text = format!("Invalid Entity Arn: {arn} does not clearly define entity type and name.");
            Fault::InvalidInput(text.into())
        })
    }

    fn parse(arn: &str) -> Option<Named> {
        let IamArn { owner, resource } = IamArn::parse(arn)?;
        let account = owner.parse().ok()?;
        let kinds = [EntityKind::User, EntityKind::Group, EntityKind::Role];
        let of = |kind: EntityKind| resource.path_and_name(kind.word()).map(|found| (kind, found));
        let (kind, (path, name)) = kinds.into_iter().find_map(of)?;
        // Roles have the letters of all three.
        let is_name = name.parse::<RoleName>().is_ok() || name.parse::<PolicyName>().is_ok();
        is_name.then(|| Named { arn: arn.to_owned(), kind, account, path, name: name.to_owned() })
    }

    /// `action` on it.
    pub(in crate::api::iam) async fn ask(
        &self,
        api: &Api,
        call: &Call<'_>,
        action: &'static str,
    ) -> Result<Ask, Fault> {
        if self.account != call.account() {
            let ask = Ask::new(action, self.arn.as_str(), self.arn.as_str());
            return Err(refused(&call.caller.arn(call.region()), &ask, None));
        }
        match self.kind {
            EntityKind::User => kin::ask::<UserRecord>(api, call, action, &self.name).await,
            EntityKind::Group => kin::ask::<GroupRecord>(api, call, action, &self.name).await,
            EntityKind::Role => kin::ask::<RoleRecord>(api, call, action, &self.name).await,
        }
    }

    /// Its policies; of a user also those of its groups.
    pub(in crate::api::iam) async fn held(&self, api: &Api, call: &Call<'_>) -> Result<Held, Fault> {
        let service_control = api.directory.service_control(self.account).await?;
        match self.kind {
            EntityKind::User => {
                let user = self.find::<UserRecord>(api, call).await?.record;
                let mut policies = policies_of(api, self.account, &user).await?;
                for group in &user.groups {
                    let found = api.directory.group_record(*group).await?;
                    let (_, group) = found.ok_or(Fault::Overtaken)?;
                    policies.extend(policies_of(api, self.account, &group).await?);
                }
                let boundary = boundary_of(api, self.account, user.boundary.as_ref()).await?;
                Ok(Held { policies, boundary, service_control })
            }
            EntityKind::Group => {
                let group = self.find::<GroupRecord>(api, call).await?.record;
                let policies = policies_of(api, self.account, &group).await?;
                Ok(Held { policies, boundary: None, service_control })
            }
            EntityKind::Role => {
                let role = self.find::<RoleRecord>(api, call).await?.record;
                let policies = policies_of(api, self.account, &role).await?;
                let boundary = boundary_of(api, self.account, role.boundary.as_ref()).await?;
                let is_limited = role.service.is_none();
                let service_control = if is_limited { service_control } else { ControlLevels::default() };
                Ok(Held { policies, boundary, service_control })
            }
        }
    }

    async fn find<E: Kin>(&self, api: &Api, call: &Call<'_>) -> Result<Row<E>, Fault> {
        let row = kin::find::<E>(api, call, &self.name).await?;
        let is_it = *row.record.path() == self.path;
        if is_it { Ok(row) } else { Err(kin::missing(self.kind, &self.name)) }
    }
}

async fn policies_of<E: Entity>(api: &Api, account: AccountId, entity: &E) -> Result<Vec<Source>, Fault> {
    let OwnPolicies { inline, attached } = entity.policies();
    let mut policies = Vec::with_capacity(inline.len() + attached.len());
    for policy in inline.keys() {
        let path = at::inline(account, entity.id(), policy)?;
        // Where the text is gone, the row has changed meanwhile.
        let entry = api.directory.read(&path).await?.ok_or(Fault::Overtaken)?;
        let (kind, name) = (E::KIND, entity.name());
        let origin = Origin::Inline { kind, entity: name.to_owned(), policy: policy.clone() };
        policies.push(Source {
            id: format!("{}_{name}_{policy}", kind.word()),
            text: text_of(&entry)?,
            origin,
        });
    }
    for arn in attached {
        policies.push(managed_policy(api, account, arn).await?);
    }
    Ok(policies)
}

async fn boundary_of(
    api: &Api,
    account: AccountId,
    arn: Option<&PolicyArn>,
) -> Result<Option<Source>, Fault> {
    match arn {
        Some(arn) => Ok(Some(managed_policy(api, account, arn).await?)),
        None => Ok(None),
    }
}

/// The version in force of a policy that something has.
async fn managed_policy(api: &Api, account: AccountId, arn: &PolicyArn) -> Result<Source, Fault> {
    let text = match managed::usable(api, account, arn).await?.ok_or(Fault::Overtaken)? {
        Usable::Aws(policy, _) => policy.text.to_owned(),
        Usable::Own(row) => default_text(api, account, &row.record).await?,
    };
    Ok(Source { id: arn.name.to_string(), text, origin: Origin::Managed(arn.clone()) })
}

async fn default_text(api: &Api, account: AccountId, policy: &PolicyRecord) -> Result<String, Fault> {
    let path = at::policy_text(account, policy.id, policy.default_version)?;
    let entry = api.directory.read(&path).await?.ok_or(Fault::Overtaken)?;
    Ok(text_of(&entry)?)
}

impl Origin {
    /// Whether it is a policy of AWS, or of the account; none where it is not managed.
    pub(super) fn owner(&self) -> Option<PolicyOwner> {
        match self {
            Origin::Managed(arn) => Some(arn.owner),
            Origin::Sent | Origin::Inline { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_users_groups_and_roles_are_named() {
        let role = Named::read("arn:aws:iam::111122223333:role/a/b/Worker").unwrap();
        assert_eq!(
            (role.kind, role.name.as_str(), role.path.as_str()),
            (EntityKind::Role, "Worker", "/a/b/")
        );
        for wrong in [
            "arn:aws:sts::111122223333:assumed-role/Worker/one",
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:policy/P",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::1:user/a",
            "arn:aws:kms::111122223333:user/a",
            "alice",
        ] {
            let text = format!("Invalid Entity Arn: {wrong} does not clearly define entity type and name.");
            let refused = Named::read(wrong);
            assert!(matches!(refused, Err(Fault::InvalidInput(told)) if told == text), "{wrong}");
        }
    }
}
