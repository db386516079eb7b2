//! Users, roles and providers as they are looked up: by name, by ARN, by unique id.

use std::sync::Arc;

use claviger_names::{AccountId, ArnPartition};
use claviger_policy::{Document, Kind, Policy};

use super::credential::identity_of;
use super::reading::Reading;
use super::{Based, Directory};
use crate::model::{
    Entity, EntityKind, GroupRecord, IamArn, OidcProviderRecord, RoleRecord, UniqueId, UserRecord,
};
use crate::rows::{Held, Row, at};
use crate::{EntityPath, IamError, RoleIdentity, RoleName, UserIdentity, VOCABULARY};

/// Bytes of a name in memory.
const NAME_BYTES: usize = 512;

/// Bytes of a role in memory, its trust policy not counted.
const ROLE_BYTES: usize = 1024;

/// Who has a unique id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalName {
    /// The account.
    pub account: AccountId,
    /// Whether it is a user or a role.
    pub kind: PrincipalKind,
    /// The path.
    pub path: EntityPath,
    /// The name.
    pub name: Box<str>,
}

/// What policies can name by ARN and mean by unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user.
    User,
    /// A role.
    Role,
}

/// A user and its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The account.
    pub account: AccountId,
    /// The user.
    pub identity: Arc<UserIdentity>,
}

/// A role, as whoever assumes it meets it.
pub struct RoleFacts {
    /// The account.
    pub account: AccountId,
    /// The role.
    pub identity: Arc<RoleIdentity>,
    /// Who may assume it.
    pub trust: Arc<Policy>,
    /// Longest session, in seconds.
    pub session_max_seconds: u32,
    /// Whether only a service assumes it, and service control policies leave it alone.
    pub is_service_linked: bool,
}

/// An OpenID Connect provider of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// Host and path of the issuer's URL.
    pub url: Box<str>,
    /// The audiences whose tokens are taken.
    pub client_ids: Vec<Box<str>>,
    /// SHA-1 thumbprints of certificates, in hexadecimal.
    pub thumbprints: Vec<Box<str>>,
}

impl PrincipalName {
    /// The ARN that it has now.
    pub fn arn(&self, partition: ArnPartition) -> String {
        let kind = match self.kind {
            PrincipalKind::User => EntityKind::User,
            PrincipalKind::Role => EntityKind::Role,
        };
        kind.arn(partition, self.account, &self.path, &self.name)
    }
}

impl Directory {
    /// The unique id of the user or role of this ARN: name and path in exactly this case.
    pub async fn unique_id(&self, arn: &str) -> Result<Option<UniqueId>, IamError> {
        let Some(IamArn { owner, resource }) = IamArn::parse(arn) else { return Ok(None) };
        let Ok(account) = owner.parse() else { return Ok(None) };
        if let Some((path, name)) = resource.path_and_name("user") {
            return self.id_of::<UserRecord>(account, &path, name).await;
        }
        match resource.path_and_name("role") {
            Some((path, name)) => self.id_of::<RoleRecord>(account, &path, name).await,
            None => Ok(None),
        }
    }

    async fn id_of<E: Entity>(
        &self,
        account: AccountId,
        path: &EntityPath,
        name: &str,
    ) -> Result<Option<UniqueId>, IamError> {
        // What is no name has no path in the store either.
        if name.parse::<RoleName>().is_err() {
            return Ok(None);
        }
        let row: Option<Row<E>> = self.entity(account, name).await?;
        Ok(row.filter(|row| row.record.path() == path).map(|row| row.record.id()))
    }

    /// The user or role that has this id now; none when it is gone.
    pub async fn principal_of(&self, id: UniqueId) -> Result<Option<Arc<PrincipalName>>, IamError> {
        self.held(&self.principals, &id, || self.load_principal(id)).await
    }

    async fn load_principal(&self, id: UniqueId) -> Result<Option<Based<PrincipalName>>, IamError> {
        let mut reading = Reading::new(self);
        let Some(held) = reading.row::<Held>(at::identity(id)?).await? else { return Ok(None) };
        let Held { account, kind, path, name } = held.record;
        let kind = match kind {
            EntityKind::User => PrincipalKind::User,
            EntityKind::Role => PrincipalKind::Role,
            EntityKind::Group => return Ok(None),
        };
        Ok(Some(reading.done(PrincipalName { account, kind, path, name }, NAME_BYTES)))
    }

    /// The user that has this id now; none when it is gone.
    pub async fn user_by_id(&self, id: UniqueId) -> Result<Option<Arc<UserFacts>>, IamError> {
        self.held(&self.users, &id, || self.load_user(id)).await
    }

    async fn load_user(&self, id: UniqueId) -> Result<Option<Based<UserFacts>>, IamError> {
        let mut reading = Reading::new(self);
        let Some((account, user)) = reading.entity::<UserRecord>(id).await? else { return Ok(None) };
        let weight_bytes = NAME_BYTES + user.tags.weight_bytes();
        let facts = UserFacts { account, identity: Arc::new(identity_of(user)) };
        Ok(Some(reading.done(facts, weight_bytes)))
    }

    /// The record of the user that has this id now, and its account.
    pub(crate) async fn user_record(
        &self,
        id: UniqueId,
    ) -> Result<Option<(AccountId, UserRecord)>, IamError> {
        Reading::new(self).entity::<UserRecord>(id).await
    }

    /// The record of the group that has this id now, and its account.
    pub(crate) async fn group_record(
        &self,
        id: UniqueId,
    ) -> Result<Option<(AccountId, GroupRecord)>, IamError> {
        Reading::new(self).entity::<GroupRecord>(id).await
    }

    /// Which entity has this id now.
    pub(crate) async fn holder(&self, id: UniqueId) -> Result<Option<Held>, IamError> {
        Ok(self.row(at::identity(id)?).await?.map(|row: Row<Held>| row.record))
    }

    /// The role that has this id now; none when it is gone.
    pub async fn role_by_id(&self, id: UniqueId) -> Result<Option<Arc<RoleFacts>>, IamError> {
        let Some(name) = self.principal_of(id).await? else { return Ok(None) };
        let Ok(role_name) = name.name.parse() else { return Ok(None) };
        let role = self.role(name.account, &role_name).await?;
        Ok(role.filter(|role| role.identity.id == id))
    }

    /// The role of exactly this name.
    pub async fn role(
        &self,
        account: AccountId,
        name: &RoleName,
    ) -> Result<Option<Arc<RoleFacts>>, IamError> {
        let key = (account, name.clone());
        self.held(&self.roles, &key, || self.load_role(account, name)).await
    }

    async fn load_role(
        &self,
        account: AccountId,
        name: &RoleName,
    ) -> Result<Option<Based<RoleFacts>>, IamError> {
        let mut reading = Reading::new(self);
        let path = at::entity(account, EntityKind::Role, name.as_str())?;
        let row = reading.row::<RoleRecord>(path.clone()).await?;
        let Some(role) = row.map(|row| row.record).filter(|role| role.name == *name) else { return Ok(None) };
        let trust = Document::parse(&role.trust, Kind::Trust)
            .map_err(|fault| IamError::Unreadable(path, fault.to_string()))?;
        let bind = |arn: &str| role.trust_bindings.get(arn).map(|id| id.as_str().into());
        let trust = Arc::new(Policy::compile(&trust, name.as_str(), &VOCABULARY, &bind));
        let weight_bytes = ROLE_BYTES + 2 * role.trust.len() + role.tags.weight_bytes();
        let is_service_linked = role.service.is_some();
        let RoleRecord { id, name, path, tags, session_max_seconds, .. } = role;
        let identity = Arc::new(RoleIdentity { id, name, path, tags });
        let facts = RoleFacts { account, identity, trust, session_max_seconds, is_service_linked };
        Ok(Some(reading.done(facts, weight_bytes)))
    }

    /// The provider of this URL (host and path), if the account has it.
    pub async fn oidc_provider(
        &self,
        account: AccountId,
        url: &str,
    ) -> Result<Option<OidcProvider>, IamError> {
        let Ok(path) = at::oidc_provider(account, url) else { return Ok(None) };
        let row = self.row::<OidcProviderRecord>(path).await?.filter(|row| *row.record.url == *url);
        Ok(row.map(|row| {
            let OidcProviderRecord { url, client_ids, thumbprints, .. } = row.record;
            OidcProvider { url, client_ids, thumbprints }
        }))
    }
}
