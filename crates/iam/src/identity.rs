//! A caller as records show it: the `userIdentity` of CloudTrail.

use claviger_audit::{Identity, Issuer as RecordedIssuer, SessionAttributes, WebFederation};
use claviger_names::{AccountId, Region};

use crate::{Caller, Issuer, Principal, TokenOrigin};

/// What a record says of a caller; it is held while the record is written.
pub struct RecordedCaller<'a> {
    caller: &'a Caller,
    arn: String,
    user_id: String,
    /// ARN and id of whoever the session was issued from.
    issuer: (String, String),
    provider_arn: Option<String>,
}

impl<'a> RecordedCaller<'a> {
    /// The caller's names, in the partition of the Region that was called.
    pub fn new(caller: &'a Caller, region: Region) -> RecordedCaller<'a> {
        let (partition, account) = (region.partition(), caller.account);
        let issuer = match &caller.principal {
            Principal::Session(session) => {
                (session.role.arn(partition, account), session.role.id.to_string())
            }
            Principal::FederatedUser(user) => match &user.issuer {
                Issuer::Root => (format!("arn:{partition}:iam::{account}:root"), account.to_string()),
                Issuer::User(user) => (user.arn(partition, account), user.id.to_string()),
            },
            Principal::Root | Principal::User(_) | Principal::Service(_) => Default::default(),
        };
        let provider_arn = web_provider(caller)
            .map(|provider| format!("arn:{partition}:iam::{account}:oidc-provider/{provider}"));
        // The root user's ARN is made by the record itself.
        let is_root = matches!(caller.principal, Principal::Root);
        let (arn, user_id) =
            if is_root { Default::default() } else { (caller.arn(region), caller.user_id()) };
        RecordedCaller { caller, arn, user_id, issuer, provider_arn }
    }

    /// The identity that the record shows.
    pub fn identity(&self) -> Identity<'_> {
        let Caller { account, principal, access_key_id, .. } = self.caller;
        let (account, arn, principal_id) = (*account, &*self.arn, &*self.user_id);
        match principal {
            Principal::Root => {
                let (session, invoked_by) = (self.session(), self.invoked_by());
                Identity::Root { account, access_key_id, session, invoked_by }
            }
            Principal::User(user) => Identity::IamUser {
                principal_id,
                arn,
                account,
                access_key_id,
                user_name: user.name.as_str(),
                session: self.session(),
                invoked_by: self.invoked_by(),
            },
            Principal::Session(session) => Identity::AssumedRole {
                principal_id,
                arn,
                account,
                access_key_id,
                issuer: self.issuer(account, Some(session.role.name.as_str())),
                web_federation: self.web_federation(),
                session: self.session_or_epoch(),
                invoked_by: self.invoked_by(),
            },
            Principal::FederatedUser(user) => Identity::FederatedUser {
                principal_id,
                arn,
                account,
                access_key_id,
                issuer: self.issuer(account, user.issuer.user_name()),
                session: self.session_or_epoch(),
                invoked_by: self.invoked_by(),
            },
            Principal::Service(name) => Identity::AwsService { invoked_by: name.as_str() },
        }
    }

    /// The service that sent the request, on its own behalf or a caller's.
    pub fn invoked_by(&self) -> Option<&str> {
        match &self.caller.principal {
            Principal::Service(name) => Some(name.as_str()),
            Principal::Root | Principal::User(_) | Principal::Session(_) | Principal::FederatedUser(_) => {
                self.caller.services().last().map(AsRef::as_ref)
            }
        }
    }

    fn issuer<'s>(&'s self, account: AccountId, user_name: Option<&'s str>) -> RecordedIssuer<'s> {
        RecordedIssuer { principal_id: &self.issuer.1, arn: &self.issuer.0, account, user_name }
    }

    fn web_federation(&self) -> Option<WebFederation<'_>> {
        self.provider_arn.as_deref().map(|federated_provider| WebFederation { federated_provider })
    }

    fn session(&self) -> Option<SessionAttributes<'_>> {
        self.caller.token.as_deref().map(|token| SessionAttributes {
            created: token.issued,
            mfa_authenticated: token.mfa_authenticated.is_some(),
            source_identity: token.source_identity.as_deref(),
        })
    }

    /// A session without a token cannot sign; should there be one, its record is still whole.
    fn session_or_epoch(&self) -> SessionAttributes<'_> {
        let created = jiff::Timestamp::UNIX_EPOCH;
        self.session().unwrap_or(SessionAttributes {
            created,
            mfa_authenticated: false,
            source_identity: None,
        })
    }
}

impl Issuer {
    fn user_name(&self) -> Option<&str> {
        match self {
            Issuer::Root => None,
            Issuer::User(user) => Some(user.name.as_str()),
        }
    }
}

fn web_provider(caller: &Caller) -> Option<&str> {
    match &caller.token.as_deref()?.origin {
        TokenOrigin::WebIdentity(identity) => Some(&identity.provider),
        TokenOrigin::AssumeRole
        | TokenOrigin::SessionToken
        | TokenOrigin::FederationToken
        | TokenOrigin::ForwardAccess => None,
    }
}
