//! Who calls, once the signature has shown it.

use std::sync::Arc;

use claviger_names::{AccountId, ArnPartition, Region};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::EntityKind;
use crate::{
    AccessKeyId, EntityPath, PolicyArn, RoleName, ServicePrincipal, SessionName, Tags, UniqueId, UserName,
};

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that the caller belongs to.
    pub account: AccountId,
    /// Who of that account it is.
    pub principal: Principal,
    /// The access key that signed.
    pub access_key_id: AccessKeyId,
    /// What temporary credentials carry; none with a long-term access key.
    pub token: Option<Arc<Token>>,
}

/// Who of an account calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user.
    Root,
    /// A user, by an access key of its own or one from GetSessionToken.
    User(Arc<UserIdentity>),
    /// A session of a role.
    Session(Arc<RoleSession>),
    /// A session from GetFederationToken.
    FederatedUser(Arc<FederatedUser>),
    /// A service on its own behalf, such as `backup.amazonaws.com`.
    Service(ServicePrincipal),
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserIdentity {
    /// `AIDA…`
    pub id: UniqueId,
    /// Its name.
    pub name: UserName,
    /// Its path.
    pub path: EntityPath,
    /// Its tags.
    pub tags: Tags,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleIdentity {
    /// `AROA…`
    pub id: UniqueId,
    /// Its name.
    pub name: RoleName,
    /// Its path.
    pub path: EntityPath,
    /// Its tags.
    pub tags: Tags,
}

/// A session of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSession {
    /// The role.
    pub role: Arc<RoleIdentity>,
    /// What whoever assumed it called the session.
    pub session_name: SessionName,
}

/// A session from GetFederationToken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederatedUser {
    /// What its issuer calls it.
    pub name: SessionName,
    /// Who asked for it.
    pub issuer: Issuer,
}

/// Who asked for a federated user's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// The account's root user.
    Root,
    /// A user.
    User(Arc<UserIdentity>),
}

/// What temporary credentials carry beside who they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// When they were issued.
    pub issued: Timestamp,
    /// When they end.
    pub expires: Timestamp,
    /// What issued them.
    pub origin: TokenOrigin,
    /// When a second factor was shown, if one was.
    pub mfa_authenticated: Option<Timestamp>,
    /// Who is behind the session, as its first caller said for good.
    pub source_identity: Option<Box<str>>,
    /// The tags of the session.
    pub tags: Tags,
    /// Which of these go on to the next session of a chain.
    pub transitive_tag_keys: Vec<Box<str>>,
    /// What limits the session beside its principal's own policies.
    pub policies: Vec<SessionPolicy>,
    /// The services that act for the caller with these credentials, the first one first; none when it acts itself.
    pub services: Vec<ActingService>,
}

/// A service that acts for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActingService {
    /// The service.
    pub principal: ServicePrincipal,
    /// When it was registered: another of its name is not it.
    pub registered: Timestamp,
}

/// What issued temporary credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOrigin {
    /// AssumeRole
    AssumeRole,
    /// AssumeRoleWithWebIdentity
    WebIdentity(WebIdentity),
    /// GetSessionToken
    SessionToken,
    /// GetFederationToken
    FederationToken,
    /// A service acts for a caller whose own credentials are long-term ones.
    ForwardAccess,
}

/// Whom an issuer of web identities vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    /// The provider: host and path of its URL.
    pub provider: Box<str>,
    /// The claim `sub`.
    pub subject: Box<str>,
    /// The claim `aud`.
    pub audience: Box<str>,
}

/// One policy that limits a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionPolicy {
    /// A document's text, valid when it was taken.
    Inline(Box<str>),
    /// A managed policy of the account or of AWS.
    Managed(PolicyArn),
}

impl AsRef<str> for ActingService {
    fn as_ref(&self) -> &str {
        self.principal.as_str()
    }
}

impl UserIdentity {
    /// The user's ARN.
    pub fn arn(&self, partition: ArnPartition, account: AccountId) -> String {
        EntityKind::User.arn(partition, account, &self.path, self.name.as_str())
    }
}

impl RoleIdentity {
    /// The role's ARN, with its path.
    pub fn arn(&self, partition: ArnPartition, account: AccountId) -> String {
        EntityKind::Role.arn(partition, account, &self.path, self.name.as_str())
    }
}

impl Caller {
    /// An account's root user with an access key of its own.
    pub fn root(account: AccountId, access_key_id: AccessKeyId) -> Caller {
        Caller { account, principal: Principal::Root, access_key_id, token: None }
    }

    /// The caller's ARN, in the partition of the Region that was called.
    pub fn arn(&self, region: Region) -> String {
        let (partition, account) = (region.partition(), self.account);
        match &self.principal {
            Principal::Root => format!("arn:{partition}:iam::{account}:root"),
            Principal::User(user) => user.arn(partition, account),
            Principal::Session(session) => {
                let RoleSession { role, session_name } = &**session;
                format!("arn:{partition}:sts::{account}:assumed-role/{}/{session_name}", role.name)
            }
            Principal::FederatedUser(user) => {
                format!("arn:{partition}:sts::{account}:federated-user/{}", user.name)
            }
            Principal::Service(name) => name.to_string(),
        }
    }

    /// What `aws:PrincipalArn` is: for a role's session the role's ARN, else the caller's.
    pub fn principal_arn(&self, region: Region) -> String {
        match &self.principal {
            Principal::Session(session) => session.role.arn(region.partition(), self.account),
            Principal::Root | Principal::User(_) | Principal::FederatedUser(_) | Principal::Service(_) => {
                self.arn(region)
            }
        }
    }

    /// What `aws:PrincipalType` is.
    pub fn principal_type(&self) -> &'static str {
        match &self.principal {
            Principal::Root => "Account",
            Principal::User(_) => "User",
            Principal::Session(_) => "AssumedRole",
            Principal::FederatedUser(_) => "FederatedUser",
            Principal::Service(_) => "Service",
        }
    }

    /// What `aws:userid` is.
    pub fn user_id(&self) -> String {
        match &self.principal {
            Principal::Root => self.account.to_string(),
            Principal::User(user) => user.id.to_string(),
            Principal::Session(session) => format!("{}:{}", session.role.id, session.session_name),
            Principal::FederatedUser(user) => format!("{}:{}", self.account, user.name),
            Principal::Service(name) => name.to_string(),
        }
    }

    /// What `aws:username` is: only users have it.
    pub fn user_name(&self) -> Option<&str> {
        match &self.principal {
            Principal::User(user) => Some(user.name.as_str()),
            Principal::Root | Principal::Session(_) | Principal::FederatedUser(_) | Principal::Service(_) => {
                None
            }
        }
    }

    /// What `aws:PrincipalTag/key` is: a session's tag goes before its principal's.
    pub fn tag(&self, key: &str) -> Option<&str> {
        let of_session = self.token.as_ref().and_then(|token| token.tags.get(key));
        of_session.or_else(|| self.own_tags().and_then(|tags| tags.get(key)))
    }

    /// Every tag that the caller has.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        let of_session = self.token.as_ref().map(|token| &token.tags);
        let hidden = move |key: &str| of_session.is_some_and(|tags| tags.get(key).is_some());
        let own = self.own_tags().into_iter().flat_map(Tags::iter).filter(move |(key, _)| !hidden(key));
        of_session.into_iter().flat_map(Tags::iter).chain(own)
    }

    /// The services that the request comes through, the first one first; none when the caller sends it itself.
    pub fn services(&self) -> &[ActingService] {
        self.token.as_deref().map_or(&[], |token| &token.services)
    }

    /// Whether the credentials end by themselves.
    pub fn is_temporary(&self) -> bool {
        self.token.is_some()
    }

    fn own_tags(&self) -> Option<&Tags> {
        match &self.principal {
            Principal::User(user) => Some(&user.tags),
            Principal::Session(session) => Some(&session.role.tags),
            Principal::Root | Principal::FederatedUser(_) | Principal::Service(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().copied().collect()
    }

    fn token(tags: Tags) -> Arc<Token> {
        Arc::new(Token {
            issued: Timestamp::UNIX_EPOCH,
            expires: Timestamp::UNIX_EPOCH,
            origin: TokenOrigin::AssumeRole,
            mfa_authenticated: None,
            source_identity: None,
            tags,
            transitive_tag_keys: Vec::new(),
            policies: Vec::new(),
            services: Vec::new(),
        })
    }

    fn caller(principal: Principal, session_tags: Option<Tags>) -> Caller {
        let account = "111122223333".parse().unwrap();
        let access_key_id = "AKIAIOSFODNN7EXAMPLE".parse().unwrap();
        Caller { account, principal, access_key_id, token: session_tags.map(token) }
    }

    fn session() -> Principal {
        let role = Arc::new(RoleIdentity {
            id: "AROAABCDEFGHIJKLMNOPQ".parse().unwrap(),
            name: "r".parse().unwrap(),
            path: "/a/".parse().unwrap(),
            tags: tags(&[("Team", "role"), ("site", "x")]),
        });
        Principal::Session(Arc::new(RoleSession { role, session_name: "s".parse().unwrap() }))
    }

    #[test]
    fn a_sessions_arn_has_no_path_and_its_principal_arn_is_the_roles() {
        let (caller, region) = (caller(session(), None), "us-east-1".parse().unwrap());
        assert_eq!(caller.arn(region), "arn:aws:sts::111122223333:assumed-role/r/s");
        assert_eq!(caller.principal_arn(region), "arn:aws:iam::111122223333:role/a/r");
        assert_eq!(caller.user_id(), "AROAABCDEFGHIJKLMNOPQ:s");
        assert_eq!((caller.principal_type(), caller.user_name()), ("AssumedRole", None));
    }

    #[test]
    fn a_federated_user_is_named_by_account_and_name() {
        let user = FederatedUser { name: "bob".parse().unwrap(), issuer: Issuer::Root };
        let (caller, region) = (caller(Principal::FederatedUser(Arc::new(user)), None), "cn-north-1".parse());
        assert_eq!(caller.arn(region.unwrap()), "arn:aws-cn:sts::111122223333:federated-user/bob");
        assert_eq!(caller.user_id(), "111122223333:bob");
    }

    #[test]
    fn a_sessions_tag_hides_the_roles_whatever_its_case() {
        let caller = caller(session(), Some(tags(&[("TEAM", "session")])));
        assert_eq!(
            (caller.tag("team"), caller.tag("SITE"), caller.tag("no")),
            (Some("session"), Some("x"), None)
        );
        assert_eq!(caller.tags().collect::<Vec<_>>(), [("TEAM", "session"), ("site", "x")]);
    }
}
