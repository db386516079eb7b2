//! Whom a request is supposed to come from: a caller made of an ARN or of the unique id of a user or role.

use std::sync::Arc;

use claviger_clock::Timestamp;
use claviger_crypto::Secret;
use claviger_iam::{
    Caller, Credential, FederatedUser, IdKind, Issuer, KeyStatus, Principal, RoleIdentity, RoleSession,
    ServicePrincipal, SessionName, Tags, Token, TokenOrigin, UniqueId,
};
use claviger_names::AccountId;
use claviger_store::Revision;

use super::fault::Unexplained;
use super::told::{Subject, SubjectKind};
use crate::fault::Fault;
use crate::kms::Kms;

/// The access key of nobody, for requests that nobody signs.
const NO_ACCESS_KEY: &str = "AKIA0000000000000000";

/// What a session is called of which only the role is known.
const ANY_SESSION: &str = "any-session";

/// Where the parts of an ARN stand between its colons.
const ARN_PARTS: usize = 6;

/// A caller that signs nothing. The secret is empty: it never meets a signature.
pub(super) fn unsigned(caller: Caller) -> Arc<Credential> {
    Arc::new(Credential::new(caller, Secret::new(Vec::new()), KeyStatus::Active, Revision(0)))
}

/// A principal of an account, calling with credentials of its own.
pub(super) fn caller(account: AccountId, principal: Principal) -> Result<Caller, Fault> {
    let access_key_id = NO_ACCESS_KEY.parse().map_err(Fault::internal)?;
    Ok(Caller { account, principal, access_key_id, token: None })
}

/// What temporary credentials carry that say nothing but where they come from.
pub(super) fn token(origin: TokenOrigin) -> Token {
    Token {
        issued: Timestamp::UNIX_EPOCH,
        expires: Timestamp::MAX,
        origin,
        mfa_authenticated: None,
        source_identity: None,
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        policies: Vec::new(),
        services: Vec::new(),
    }
}

impl Kms {
    /// The user or role of this id; of a role, a session of the given name.
    pub(super) async fn caller_of(
        &self,
        id: UniqueId,
        session: Option<SessionName>,
    ) -> Result<Option<Caller>, Fault> {
        match id.kind() {
            IdKind::User => {
                let Some(user) = self.directory.user_by_id(id).await.map_err(Fault::internal)? else {
                    return Ok(None);
                };
                caller(user.account, Principal::User(user.identity.clone())).map(Some)
            }
            IdKind::Role => {
                let Some(role) = self.directory.role_by_id(id).await.map_err(Fault::internal)? else {
                    return Ok(None);
                };
                session_of(role.account, role.identity.clone(), session).map(Some)
            }
            IdKind::Group | IdKind::Policy => Ok(None),
        }
    }

    /// The principal of this ARN, or the service of this name. A role's ARN stands for any of its sessions.
    pub(super) async fn caller_named(&self, text: &str) -> Result<Caller, Unexplained> {
        let unknown = || Unexplained::NoPrincipal(text.to_owned());
        if !text.starts_with("arn:") {
            let service: ServicePrincipal = text.parse().map_err(|_| unknown())?;
            return Ok(caller(AccountId::SERVICES, Principal::Service(service))?);
        }
        let parts: Vec<&str> = text.splitn(ARN_PARTS, ':').collect();
        let &[_, _, _, _, account, resource] = parts.as_slice() else { return Err(unknown()) };
        let account: AccountId = account.parse().map_err(|_| unknown())?;
        if !self.directory.has_account(account).await.map_err(Fault::internal)? {
            return Err(unknown());
        }
        let found = match resource.split_once('/') {
            None if resource == "root" => Some(caller(account, Principal::Root)?),
            Some(("assumed-role", named)) => self.session_named(account, named).await?,
            Some(("federated-user", name)) => Some(federated(account, name).ok_or_else(unknown)?),
            Some(_) => match self.directory.unique_id(text).await.map_err(Fault::internal)? {
                Some(id) => self.caller_of(id, None).await?,
                None => None,
            },
            None => None,
        };
        found.ok_or_else(unknown)
    }

    async fn session_named(&self, account: AccountId, named: &str) -> Result<Option<Caller>, Fault> {
        let Some((Ok(role), Ok(session))) =
            named.split_once('/').map(|(role, session)| (role.parse(), session.parse()))
        else {
            return Ok(None);
        };
        let role = self.directory.role(account, &role).await.map_err(Fault::internal)?;
        role.map(|role| session_of(account, role.identity.clone(), Some(session))).transpose()
    }
}

fn session_of(
    account: AccountId,
    role: Arc<RoleIdentity>,
    name: Option<SessionName>,
) -> Result<Caller, Fault> {
    let session_name = match name {
        Some(name) => name,
        None => ANY_SESSION.parse().map_err(Fault::internal)?,
    };
    caller(account, Principal::Session(Arc::new(RoleSession { role, session_name })))
}

/// A federated user whose session policies nobody knows: what it is given itself.
fn federated(account: AccountId, name: &str) -> Option<Caller> {
    let user = FederatedUser { name: name.parse().ok()?, issuer: Issuer::Root };
    let caller = caller(account, Principal::FederatedUser(Arc::new(user))).ok()?;
    Some(Caller { token: Some(Arc::new(token(TokenOrigin::FederationToken))), ..caller })
}

/// How a caller is told of in an analysis of a key of `owner`.
pub(super) fn subject(
    caller: &Caller,
    owner: AccountId,
    region: claviger_names::Region,
    named: bool,
) -> Subject {
    let (kind, name) = match &caller.principal {
        Principal::Root if caller.account == owner => (SubjectKind::Root, caller.arn(region)),
        Principal::Root => (SubjectKind::Account, caller.arn(region)),
        Principal::User(_) => (SubjectKind::User, caller.arn(region)),
        Principal::Session(_) if named => (SubjectKind::Session, caller.arn(region)),
        Principal::Session(_) => (SubjectKind::Role, caller.principal_arn(region)),
        Principal::FederatedUser(_) => (SubjectKind::FederatedUser, caller.arn(region)),
        Principal::Service(name) => (SubjectKind::Service, name.as_str().to_owned()),
    };
    let account = (kind != SubjectKind::Service).then_some(caller.account);
    Subject { kind, name, account }
}
