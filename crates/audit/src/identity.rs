//! Who called: the `userIdentity` of a record, in all the kinds that CloudTrail has for KMS.

use claviger_names::{AccountId, Region};
use jiff::Timestamp;

use crate::json::Object;
use crate::json_text::{Form, Span};
use crate::outline::CallerOutline;
use crate::record::within;
use crate::redact::claimed_key_id;
use crate::time::event_time;

/// Who made the request, with the members CloudTrail shows for each kind.
#[derive(Clone, Copy, Debug)]
pub enum Identity<'a> {
    /// A user with its own access key, or with a session from GetSessionToken.
    IamUser {
        /// `AIDA…`.
        principal_id: &'a str,
        /// The user's ARN.
        arn: &'a str,
        /// The user's account.
        account: AccountId,
        /// The key that signed.
        access_key_id: &'a str,
        /// The user's name without path.
        user_name: &'a str,
        /// The session, when temporary credentials signed.
        session: Option<SessionAttributes<'a>>,
        /// The service that passed the request on, such as `secretsmanager.amazonaws.com`.
        invoked_by: Option<&'a str>,
    },
    /// An account's root user.
    Root {
        /// The account.
        account: AccountId,
        /// The key that signed.
        access_key_id: &'a str,
        /// The session, when temporary credentials signed.
        session: Option<SessionAttributes<'a>>,
        /// The service that passed the request on, such as `secretsmanager.amazonaws.com`.
        invoked_by: Option<&'a str>,
    },
    /// A role's session.
    AssumedRole {
        /// `AROA…:session`.
        principal_id: &'a str,
        /// `arn:aws:sts::…:assumed-role/role/session`.
        arn: &'a str,
        /// The role's account.
        account: AccountId,
        /// The key that signed.
        access_key_id: &'a str,
        /// The role.
        issuer: Issuer<'a>,
        /// Who vouched for a web identity, if one did.
        web_federation: Option<WebFederation<'a>>,
        /// When and how the session began.
        session: SessionAttributes<'a>,
        /// The service that passed the request on, such as `secretsmanager.amazonaws.com`.
        invoked_by: Option<&'a str>,
    },
    /// A session from GetFederationToken.
    FederatedUser {
        /// `account:name`.
        principal_id: &'a str,
        /// `arn:aws:sts::…:federated-user/name`.
        arn: &'a str,
        /// The account.
        account: AccountId,
        /// The key that signed.
        access_key_id: &'a str,
        /// The user, or root user, that asked for the session.
        issuer: Issuer<'a>,
        /// When and how the session began.
        session: SessionAttributes<'a>,
        /// The service that passed the request on, such as `secretsmanager.amazonaws.com`.
        invoked_by: Option<&'a str>,
    },
    /// Whoever a provider of web identities vouched for, when it asked for a session.
    WebIdentityUser {
        /// `provider:audience:subject`.
        principal_id: &'a str,
        /// The subject.
        user_name: &'a str,
        /// The provider's host and path.
        identity_provider: &'a str,
    },
    /// A service on its own behalf.
    AwsService {
        /// Its principal, such as `backup.amazonaws.com`.
        invoked_by: &'a str,
    },
    /// A caller of another account, as the key's owner sees it.
    AwsAccount {
        /// The caller's principal id.
        principal_id: &'a str,
        /// The caller's account.
        account: AccountId,
    },
    /// The service itself, for a service event.
    ServiceEvent {
        /// The account that the event happened in.
        account: AccountId,
    },
    /// Nobody known: the request was refused before its signature was verified.
    Unidentified {
        /// The key id that the request claimed.
        access_key_id: Option<&'a str>,
    },
}

/// The principal that a session was issued from.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    /// `AROA…` or `AIDA…`.
    pub principal_id: &'a str,
    /// Its ARN.
    pub arn: &'a str,
    /// Its account.
    pub account: AccountId,
    /// Its name; the root user has none.
    pub user_name: Option<&'a str>,
}

/// How a session began.
#[derive(Clone, Copy, Debug)]
pub struct SessionAttributes<'a> {
    /// When it was issued.
    pub created: Timestamp,
    /// Whether a second factor was shown.
    pub mfa_authenticated: bool,
    /// Who is behind the session, as its first caller said.
    pub source_identity: Option<&'a str>,
}

/// The provider behind a web identity's session.
#[derive(Clone, Copy, Debug)]
pub struct WebFederation<'a> {
    /// Its ARN or domain.
    pub federated_provider: &'a str,
}

/// The members that the kinds with a principal share.
struct Principal<'a> {
    kind: &'static str,
    principal_id: &'a str,
    arn: &'a str,
    account: AccountId,
    access_key_id: &'a str,
}

impl Identity<'_> {
    /// Appends the identity; `region` decides the partition of the ARNs that are made here. Answers where its members stand.
    pub(crate) fn write(&self, out: &mut Vec<u8>, region: &str) -> CallerOutline {
        let mut object = Object::open(out);
        let outline = self.write_members(&mut object, region);
        object.close();
        outline
    }

    fn write_members(&self, object: &mut Object<'_>, region: &str) -> CallerOutline {
        match *self {
            Identity::IamUser {
                principal_id,
                arn,
                account,
                access_key_id,
                user_name,
                session,
                invoked_by,
            } => {
                let principal = Principal { kind: "IAMUser", principal_id, arn, account, access_key_id };
                let outline = principal.write(object);
                let user_name = Some(object.text("userName", within(user_name)));
                write_own_session(object, session);
                CallerOutline { user_name, invoked_by: write_invoker(object, invoked_by), ..outline }
            }
            Identity::Root { account, access_key_id, session, invoked_by } => {
                let outline = write_root(object, account, access_key_id, region);
                write_own_session(object, session);
                CallerOutline { invoked_by: write_invoker(object, invoked_by), ..outline }
            }
            Identity::AssumedRole { .. } | Identity::FederatedUser { .. } => self.write_session(object),
            Identity::WebIdentityUser { .. }
            | Identity::AwsService { .. }
            | Identity::AwsAccount { .. }
            | Identity::ServiceEvent { .. }
            | Identity::Unidentified { .. } => self.write_reduced(object),
        }
    }

    /// The kinds that somebody else issued.
    fn write_session(&self, object: &mut Object<'_>) -> CallerOutline {
        match *self {
            Identity::AssumedRole {
                principal_id,
                arn,
                account,
                access_key_id,
                issuer,
                web_federation,
                session,
                invoked_by,
            } => {
                let principal = Principal { kind: "AssumedRole", principal_id, arn, account, access_key_id };
                let outline = principal.write(object);
                let mut context = object.object("sessionContext");
                issuer.write(&mut context, "Role");
                write_web_federation(&mut context, web_federation);
                session.write(&mut context);
                context.close();
                CallerOutline { invoked_by: write_invoker(object, invoked_by), ..outline }
            }
            Identity::FederatedUser {
                principal_id,
                arn,
                account,
                access_key_id,
                issuer,
                session,
                invoked_by,
            } => {
                let principal =
                    Principal { kind: "FederatedUser", principal_id, arn, account, access_key_id };
                let outline = principal.write(object);
                let mut context = object.object("sessionContext");
                issuer.write(&mut context, if issuer.user_name.is_some() { "IAMUser" } else { "Root" });
                session.write(&mut context);
                context.close();
                CallerOutline { invoked_by: write_invoker(object, invoked_by), ..outline }
            }
            Identity::IamUser { .. }
            | Identity::Root { .. }
            | Identity::WebIdentityUser { .. }
            | Identity::AwsService { .. }
            | Identity::AwsAccount { .. }
            | Identity::ServiceEvent { .. }
            | Identity::Unidentified { .. } => CallerOutline::default(),
        }
    }

    /// The kinds without credentials of their own.
    fn write_reduced(&self, object: &mut Object<'_>) -> CallerOutline {
        let mut outline = CallerOutline::default();
        match *self {
            Identity::WebIdentityUser { principal_id, user_name, identity_provider } => {
                outline.kind = Some(object.text("type", "WebIdentityUser"));
                outline.principal_id = Some(object.text("principalId", within(principal_id)));
                outline.user_name = Some(object.text("userName", within(user_name)));
                object.text("identityProvider", within(identity_provider));
            }
            Identity::AwsService { invoked_by } => {
                outline.kind = Some(object.text("type", "AWSService"));
                outline.invoked_by = Some(object.text("invokedBy", within(invoked_by)));
            }
            Identity::AwsAccount { principal_id, account } => {
                outline.kind = Some(object.text("type", "AWSAccount"));
                outline.principal_id = Some(object.text("principalId", within(principal_id)));
                object.ascii("accountId", account.as_bytes());
            }
            Identity::ServiceEvent { account } => {
                object.ascii("accountId", account.as_bytes());
                outline.invoked_by = Some(object.text("invokedBy", "AWS Internal"));
            }
            Identity::Unidentified { access_key_id } => {
                outline.kind = Some(object.text("type", "Unknown"));
                let claimed = access_key_id.and_then(claimed_key_id);
                outline.access_key_id = claimed.map(|id| object.text("accessKeyId", within(id)));
            }
            Identity::IamUser { .. }
            | Identity::Root { .. }
            | Identity::AssumedRole { .. }
            | Identity::FederatedUser { .. } => {}
        }
        outline
    }
}

fn write_root(
    object: &mut Object<'_>,
    account: AccountId,
    access_key_id: &str,
    region: &str,
) -> CallerOutline {
    let partition = Region::partition_of(region.as_bytes());
    let kind = Some(object.ascii("type", b"Root"));
    let principal_id = Some(object.ascii("principalId", account.as_bytes()));
    let out = object.name("arn");
    let start = out.len();
    for part in [b"\"arn:", partition.as_bytes(), b":iam::", account.as_bytes(), b":root\""] {
        out.extend_from_slice(part);
    }
    let arn = Some(Span::new(start, out.len(), Form::Plain));
    object.ascii("accountId", account.as_bytes());
    let access_key_id = Some(object.text("accessKeyId", within(access_key_id)));
    CallerOutline { kind, principal_id, arn, access_key_id, ..CallerOutline::default() }
}

/// The session of a principal that is its own issuer.
fn write_own_session(object: &mut Object<'_>, session: Option<SessionAttributes<'_>>) {
    if let Some(session) = session {
        let mut context = object.object("sessionContext");
        session.write(&mut context);
        context.close();
    }
}

fn write_invoker(object: &mut Object<'_>, invoked_by: Option<&str>) -> Option<Span> {
    invoked_by.map(|service| object.text("invokedBy", within(service)))
}

fn write_web_federation(context: &mut Object<'_>, federation: Option<WebFederation<'_>>) {
    let mut object = context.object("webIdFederationData");
    if let Some(federation) = federation {
        object.text("federatedProvider", within(federation.federated_provider));
        object.object("attributes").close();
    }
    object.close();
}

impl Principal<'_> {
    fn write(&self, object: &mut Object<'_>) -> CallerOutline {
        let kind = Some(object.text("type", self.kind));
        let principal_id = Some(object.text("principalId", within(self.principal_id)));
        let arn = Some(object.text("arn", within(self.arn)));
        object.ascii("accountId", self.account.as_bytes());
        let access_key_id = Some(object.text("accessKeyId", within(self.access_key_id)));
        CallerOutline { kind, principal_id, arn, access_key_id, ..CallerOutline::default() }
    }
}

impl Issuer<'_> {
    fn write(&self, context: &mut Object<'_>, kind: &str) {
        let mut object = context.object("sessionIssuer");
        object.text("type", kind);
        object.text("principalId", within(self.principal_id));
        object.text("arn", within(self.arn));
        object.ascii("accountId", self.account.as_bytes());
        if let Some(name) = self.user_name {
            object.text("userName", within(name));
        }
        object.close();
    }
}

impl SessionAttributes<'_> {
    fn write(&self, context: &mut Object<'_>) {
        let mut object = context.object("attributes");
        object.ascii("creationDate", &event_time(self.created));
        object.text("mfaAuthenticated", if self.mfa_authenticated { "true" } else { "false" });
        object.close();
        if let Some(source_identity) = self.source_identity {
            context.text("sourceIdentity", within(source_identity));
        }
    }
}
