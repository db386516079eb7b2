//! What a caller's own side says of what it may do: compiled policies, held in memory.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use claviger_names::AccountId;
use claviger_policy::{Document, Kind, Policy};

use super::reading::Reading;
use super::{Based, CompiledVersion, Directory};
use crate::aws_policies::AwsPolicy;
use crate::controls::{ControlLevels, Controls, compiled};
use crate::model::{
    GroupRecord, OwnPolicies, PolicyArn, PolicyOwner, PolicyRecord, RoleRecord, UniqueId, UserRecord,
};
use crate::rows::{Row, at};
use crate::{Caller, IamError, Issuer, Principal, SessionPolicy, Token, TokenOrigin, VOCABULARY};

/// Bytes of permissions in memory, policies not counted.
const PERMISSIONS_BYTES: usize = 512;

/// The policies on a caller's side.
#[derive(Default)]
pub struct Permissions {
    /// Those of the user and its groups, or of the role. None for root users and services.
    pub identity: Vec<Arc<Policy>>,
    /// The boundary of the user or role.
    pub boundary: Option<Arc<Policy>>,
    /// The session policies; empty where nothing is allowed from the identity's side.
    pub session: Option<Vec<Arc<Policy>>>,
    /// The service control policies of the account.
    pub service_control: ControlLevels,
    /// The resource control policies of the account, for what belongs to it.
    pub resource_control: ControlLevels,
}

/// Whose permissions: of a principal, or of a session that limits its principal further.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PermissionsOf {
    account: AccountId,
    principal: Option<UniqueId>,
    token: Option<Arc<Token>>,
}

impl Hash for PermissionsOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Of a token its time is enough to tell nearly all apart; comparing does the rest.
        let issued = self.token.as_ref().map(|token| token.issued);
        (self.account, self.principal, issued).hash(state);
    }
}

/// What permissions are made of.
struct Sources<'c> {
    account: AccountId,
    principal: Option<UniqueId>,
    session: Option<&'c [SessionPolicy]>,
}

impl Directory {
    /// The policies on the caller's side; none when its user or role is gone.
    pub async fn permissions(&self, caller: &Caller) -> Result<Option<Arc<Permissions>>, IamError> {
        let sources = Sources::of(caller);
        let token = sources.session.and(caller.token.clone());
        let of = PermissionsOf { account: sources.account, principal: sources.principal, token };
        self.held(&self.permissions, &of, || self.load_permissions(&sources)).await
    }

    /// The service control policies of an account.
    pub async fn service_control(&self, account: AccountId) -> Result<ControlLevels, IamError> {
        Ok(self.control_levels(account).await?[0].clone())
    }

    /// The resource control policies of an account, for what belongs to it.
    pub async fn resource_control(&self, account: AccountId) -> Result<ControlLevels, IamError> {
        Ok(self.control_levels(account).await?[1].clone())
    }

    async fn control_levels(&self, account: AccountId) -> Result<Arc<[ControlLevels; 2]>, IamError> {
        let held = self.held(&self.controls, &account, || self.load_controls(account)).await?;
        Ok(held.unwrap_or_default())
    }

    async fn load_controls(&self, account: AccountId) -> Result<Option<Based<[ControlLevels; 2]>>, IamError> {
        let mut reading = Reading::new(self);
        let path = at::controls(account)?;
        let (mut levels, mut weight_bytes) = (<[ControlLevels; 2]>::default(), PERMISSIONS_BYTES);
        if let Some(row) = reading.row::<Controls>(path.clone()).await? {
            let Controls { service_control, resource_control } = &row.record;
            for (at, of, kind) in
                [(0, service_control, Kind::ServiceControl), (1, resource_control, Kind::ResourceControl)]
            {
                let unreadable = |fault| IamError::Unreadable(path.clone(), format!("{fault}"));
                levels[at] = compiled(of, kind).map_err(unreadable)?;
                weight_bytes += of.iter().flatten().map(|policy| 2 * policy.text.len()).sum::<usize>();
            }
        }
        Ok(Some(reading.done(levels, weight_bytes)))
    }

    async fn load_permissions(&self, sources: &Sources<'_>) -> Result<Option<Based<Permissions>>, IamError> {
        let mut reading = Reading::new(self);
        let mut permissions = Permissions::default();
        // Those of the account first: whoever changes them later is noticed by this row.
        reading.entry(&at::controls(sources.account)?).await?;
        let levels = self.control_levels(sources.account).await?;
        [permissions.service_control, permissions.resource_control] = <[ControlLevels; 2]>::clone(&levels);
        let mut weight_bytes = PERMISSIONS_BYTES;
        if let Some(id) = sources.principal {
            let found = match id.kind() {
                crate::IdKind::User => reading.user(id, &mut permissions, &mut weight_bytes).await?,
                _ => reading.role(id, &mut permissions, &mut weight_bytes).await?,
            };
            if found != Some(sources.account) {
                return Ok(None);
            }
        }
        if let Some(policies) = sources.session {
            let session = reading.session(policies, &mut weight_bytes).await?;
            // Without one of them, nobody knows what it would have denied.
            permissions.session = Some(session.unwrap_or_default());
        }
        Ok(Some(reading.done(permissions, weight_bytes)))
    }
}

impl<'c> Sources<'c> {
    fn of(caller: &'c Caller) -> Sources<'c> {
        let principal = match &caller.principal {
            Principal::Root | Principal::Service(_) => None,
            Principal::User(user) => Some(user.id),
            Principal::Session(session) => Some(session.role.id),
            Principal::FederatedUser(user) => match &user.issuer {
                Issuer::Root => None,
                Issuer::User(user) => Some(user.id),
            },
        };
        let session = caller.token.as_deref().and_then(session_policies);
        Sources { account: caller.account, principal, session }
    }
}

/// What limits the session; a federated user without session policies may do nothing of its issuer's.
fn session_policies(token: &Token) -> Option<&[SessionPolicy]> {
    let always = match token.origin {
        TokenOrigin::FederationToken => true,
        TokenOrigin::AssumeRole
        | TokenOrigin::WebIdentity(_)
        | TokenOrigin::SessionToken
        | TokenOrigin::ForwardAccess => false,
    };
    (always || !token.policies.is_empty()).then_some(&token.policies)
}

impl Reading<'_> {
    /// Adds the policies of a user and its groups. The user's account; none when it is gone.
    async fn user(
        &mut self,
        id: UniqueId,
        permissions: &mut Permissions,
        weight_bytes: &mut usize,
    ) -> Result<Option<AccountId>, IamError> {
        let Some((account, user)) = self.entity::<UserRecord>(id).await? else { return Ok(None) };
        self.own(account, id, &user.policies, &mut permissions.identity, weight_bytes).await?;
        for group in &user.groups {
            let (_, record) = self.entity::<GroupRecord>(*group).await?.ok_or(IamError::Overtaken)?;
            self.own(account, *group, &record.policies, &mut permissions.identity, weight_bytes).await?;
        }
        permissions.boundary = self.boundary(account, user.boundary.as_ref()).await?;
        Ok(Some(account))
    }

    /// Adds the policies of a role. The role's account; none when it is gone.
    async fn role(
        &mut self,
        id: UniqueId,
        permissions: &mut Permissions,
        weight_bytes: &mut usize,
    ) -> Result<Option<AccountId>, IamError> {
        let Some((account, role)) = self.entity::<RoleRecord>(id).await? else { return Ok(None) };
        self.own(account, id, &role.policies, &mut permissions.identity, weight_bytes).await?;
        permissions.boundary = self.boundary(account, role.boundary.as_ref()).await?;
        if role.service.is_some() {
            permissions.service_control = ControlLevels::default();
        }
        Ok(Some(account))
    }

    /// Adds the inline and the managed policies of one entity. What its row names is there, or the row has changed.
    async fn own(
        &mut self,
        account: AccountId,
        id: UniqueId,
        own: &OwnPolicies,
        into: &mut Vec<Arc<Policy>>,
        weight_bytes: &mut usize,
    ) -> Result<(), IamError> {
        for name in own.inline.keys() {
            let path = at::inline(account, id, name)?;
            let text = self.text(&path).await?.ok_or(IamError::Overtaken)?;
            let document = Document::parse(&text, Kind::Identity)
                .map_err(|fault| IamError::Unreadable(path, fault.to_string()))?;
            *weight_bytes += 2 * text.len();
            into.push(Arc::new(Policy::compile(&document, name.as_str(), &VOCABULARY, &|_| None)));
        }
        for arn in &own.attached {
            into.push(self.managed(account, arn).await?.ok_or(IamError::Overtaken)?);
        }
        Ok(())
    }

    async fn boundary(
        &mut self,
        account: AccountId,
        arn: Option<&PolicyArn>,
    ) -> Result<Option<Arc<Policy>>, IamError> {
        match arn {
            Some(arn) => Ok(Some(self.managed(account, arn).await?.ok_or(IamError::Overtaken)?)),
            None => Ok(None),
        }
    }

    /// The policies of a session; none when one of them is gone or can no longer be read.
    async fn session(
        &mut self,
        policies: &[SessionPolicy],
        weight_bytes: &mut usize,
    ) -> Result<Option<Vec<Arc<Policy>>>, IamError> {
        let mut session = Vec::with_capacity(policies.len());
        for policy in policies {
            session.push(self.session_policy(policy, weight_bytes).await?);
        }
        Ok(session.into_iter().collect())
    }

    async fn session_policy(
        &mut self,
        policy: &SessionPolicy,
        weight_bytes: &mut usize,
    ) -> Result<Option<Arc<Policy>>, IamError> {
        match policy {
            SessionPolicy::Managed(arn) => match arn.owner {
                PolicyOwner::Aws => self.managed_of_aws(arn).await,
                PolicyOwner::Account(account) => self.managed(account, arn).await,
            },
            SessionPolicy::Inline(text) => {
                let Ok(document) = Document::parse(text, Kind::Session) else { return Ok(None) };
                *weight_bytes += 2 * text.len();
                Ok(Some(Arc::new(Policy::compile(&document, "session", &VOCABULARY, &|_| None))))
            }
        }
    }

    /// The version in force of a managed policy; none when there is no such policy.
    async fn managed(
        &mut self,
        account: AccountId,
        arn: &PolicyArn,
    ) -> Result<Option<Arc<Policy>>, IamError> {
        if arn.owner == PolicyOwner::Aws {
            return self.managed_of_aws(arn).await;
        }
        let row: Option<Row<PolicyRecord>> = self.row(at::policy(account, &arn.name)?).await?;
        let found = row.map(|row| row.record);
        let Some(policy) = found.filter(|policy| policy.name == arn.name && policy.path == arn.path) else {
            return Ok(None);
        };
        let path = at::policy_text(account, policy.id, policy.default_version)?;
        let load = async { self.directory.read(&path).await?.as_ref().map(crate::rows::text_of).transpose() };
        self.directory.compiled(policy.id, policy.default_version, arn, load).await
    }

    async fn managed_of_aws(&mut self, arn: &PolicyArn) -> Result<Option<Arc<Policy>>, IamError> {
        let Some(policy) = AwsPolicy::find(arn) else { return Ok(None) };
        let Some(id) = policy.unique_id() else { return Ok(None) };
        let load = async { Ok(Some(policy.text.to_owned())) };
        self.directory.compiled(id, policy.version, arn, load).await
    }
}

impl Directory {
    /// A version of a managed policy, compiled.
    async fn compiled(
        &self,
        id: UniqueId,
        version: u32,
        arn: &PolicyArn,
        load: impl Future<Output = Result<Option<String>, IamError>>,
    ) -> Result<Option<Arc<Policy>>, IamError> {
        let load = || async {
            let Some(text) = load.await? else { return Ok::<_, IamError>(None) };
            let path = at::identity(id)?;
            let document = Document::parse(&text, Kind::Managed)
                .map_err(|fault| IamError::Unreadable(path, fault.to_string()))?;
            let policy = Policy::compile(&document, &arn.to_string(), &VOCABULARY, &|_| None);
            Ok(Some(CompiledVersion(Arc::new(policy), text.len())))
        };
        Ok(self.policies.read(&(id, version), load).await?.map(|CompiledVersion(policy, _)| policy))
    }
}
