//! A caller as policies see it: the principal it is, and the condition keys that tell of it and of where it calls from.

use std::cell::OnceCell;
use std::net::IpAddr;

use claviger_clock::Timestamp;
use claviger_names::Region;
use claviger_policy as policy;
use claviger_policy::{Value, Values};

use crate::{Caller, Issuer, Principal, TokenOrigin};

/// For what a service says that it acts. Of anybody else nothing is believed.
#[derive(Clone, Copy, Default)]
pub struct Source<'a> {
    /// The ARN of the resource.
    pub arn: Option<&'a str>,
    /// The account that the resource belongs to.
    pub account: Option<&'a str>,
}

/// Where and when a request came in.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The Region that it was sent to.
    pub region: Region,
    /// When it arrived.
    pub now: Timestamp,
    /// Where it comes from.
    pub source_ip: IpAddr,
    /// What its client calls itself.
    pub user_agent: Option<&'a str>,
    /// Whether the connection has TLS.
    pub is_secure: bool,
    /// For what it was sent, if its sender is a service.
    pub source: Source<'a>,
}

/// A caller as policies name it. What takes an allocation is made when a policy asks for it.
pub struct NamedCaller<'a> {
    caller: &'a Caller,
    arn: String,
    principal_arn: Option<String>,
}

/// What conditions can ask of a caller. What takes an allocation is made when a policy asks for it.
pub struct CallerKeys<'a> {
    caller: &'a Caller,
    origin: Origin<'a>,
    principal_arn: OnceCell<String>,
    user_id: OnceCell<String>,
    provider_arn: OnceCell<Option<String>>,
}

impl<'a> NamedCaller<'a> {
    /// The caller, in the partition of the Region that was called.
    pub fn new(caller: &'a Caller, region: Region) -> NamedCaller<'a> {
        // A root user is known by its account alone.
        let arn = match caller.principal {
            Principal::Root => String::new(),
            _ => caller.arn(region),
        };
        let principal_arn = match caller.principal {
            Principal::Session(_) => Some(caller.principal_arn(region)),
            _ => None,
        };
        NamedCaller { caller, arn, principal_arn }
    }

    /// The caller as principals of policies are held against it.
    pub fn principal(&self) -> policy::Principal<'_> {
        let account = self.caller.account;
        match &self.caller.principal {
            Principal::Root => policy::Principal::Root { account },
            Principal::User(user) => {
                policy::Principal::User { account, arn: &self.arn, id: user.id.as_str() }
            }
            Principal::Session(session) => policy::Principal::RoleSession {
                account,
                role_arn: self.principal_arn.as_deref().unwrap_or_default(),
                role_id: session.role.id.as_str(),
                session_arn: &self.arn,
            },
            Principal::FederatedUser(user) => {
                let of = match &user.issuer {
                    Issuer::Root => None,
                    Issuer::User(user) => Some(user.id.as_str()),
                };
                policy::Principal::FederatedUser { account, arn: &self.arn, of }
            }
            Principal::Service(name) => policy::Principal::Service { name: name.as_str() },
        }
    }
}

impl<'a> CallerKeys<'a> {
    /// The keys of a caller that calls from there.
    pub fn new(caller: &'a Caller, origin: Origin<'a>) -> CallerKeys<'a> {
        let (principal_arn, user_id, provider_arn) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        CallerKeys { caller, origin, principal_arn, user_id, provider_arn }
    }

    /// The values of a condition key, named in lower case; absent where this caller has none.
    pub fn values(&self, name: &str) -> Values<'_> {
        match (name, self.caller.services()) {
            ("aws:calledvia", []) => Values::Absent,
            ("aws:calledvia", _) => {
                self.caller.token.as_deref().map_or(Values::Absent, |token| Values::Many(&token.services))
            }
            _ => self.of_caller(name).map_or(Values::Absent, Values::One),
        }
    }

    /// The value of a tag of the caller; case does not count in its key.
    pub fn tag(&self, key: &str) -> Values<'_> {
        self.caller.tag(key).map_or(Values::Absent, |value| Values::One(Value::Text(value)))
    }

    fn of_caller(&self, name: &str) -> Option<Value<'_>> {
        let Self { caller, origin, .. } = self;
        if let Some(tag) = name.strip_prefix("aws:principaltag/") {
            return caller.tag(tag).map(Value::Text);
        }
        let is_service = matches!(caller.principal, Principal::Service(_));
        let services = caller.services();
        match name {
            "aws:viaawsservice" => Some(Value::Flag(!services.is_empty())),
            "aws:calledviafirst" => services.first().map(|service| Value::Text(service.as_ref())),
            "aws:calledvialast" => services.last().map(|service| Value::Text(service.as_ref())),
            "aws:sourcearn" if is_service => origin.source.arn.map(Value::Text),
            "aws:sourceaccount" if is_service => origin.source.account.map(Value::Text),
            "aws:principalisawsservice" => Some(Value::Flag(is_service)),
            "aws:principalservicename" | "aws:principalservicenameslist" if is_service => {
                caller_service(caller)
            }
            "aws:principaltype" => Some(Value::Text(caller.principal_type())),
            "aws:userid" => Some(Value::Text(self.user_id.get_or_init(|| caller.user_id()))),
            "aws:principalarn" if !is_service => {
                Some(Value::Text(self.principal_arn.get_or_init(|| caller.principal_arn(origin.region))))
            }
            "aws:principalaccount" if !is_service => Some(Value::Text(caller.account.as_str())),
            "aws:username" => caller.user_name().map(Value::Text),
            _ => self.of_token(name),
        }
    }

    /// What only temporary credentials have.
    fn of_token(&self, name: &str) -> Option<Value<'_>> {
        let token = self.caller.token.as_deref()?;
        if let TokenOrigin::WebIdentity(identity) = &token.origin {
            let split = name.split_at_checked(identity.provider.len());
            match split
                .filter(|(start, _)| start.eq_ignore_ascii_case(&identity.provider))
                .map(|split| split.1)
            {
                Some(":sub") => return Some(Value::Text(&identity.subject)),
                Some(":aud") => return Some(Value::Text(&identity.audience)),
                Some(_) | None => {}
            }
        }
        match name {
            "aws:tokenissuetime" => Some(Value::Time(token.issued.as_second())),
            "aws:multifactorauthpresent" => Some(Value::Flag(token.mfa_authenticated.is_some())),
            "aws:multifactorauthage" => {
                Some(Value::Number(self.origin.now.duration_since(token.mfa_authenticated?).as_secs()))
            }
            "aws:sourceidentity" => token.source_identity.as_deref().map(Value::Text),
            "aws:federatedprovider" => {
                self.provider_arn.get_or_init(|| self.provider_arn()).as_deref().map(Value::Text)
            }
            _ => None,
        }
    }

    fn provider_arn(&self) -> Option<String> {
        match &self.caller.token.as_deref()?.origin {
            TokenOrigin::WebIdentity(identity) => {
                let (partition, account) = (self.origin.region.partition(), self.caller.account);
                Some(format!("arn:{partition}:iam::{account}:oidc-provider/{}", identity.provider))
            }
            TokenOrigin::AssumeRole
            | TokenOrigin::SessionToken
            | TokenOrigin::FederationToken
            | TokenOrigin::ForwardAccess => None,
        }
    }
}

impl Origin<'_> {
    /// The values of the condition keys that tell where and when a request came in, named in lower case.
    pub fn values(&self, name: &str) -> Values<'_> {
        let now = self.now.as_second();
        Values::One(match name {
            "aws:currenttime" => Value::Time(now),
            "aws:epochtime" => Value::Number(now),
            "aws:sourceip" => Value::Address(self.source_ip),
            "aws:securetransport" => Value::Flag(self.is_secure),
            "aws:requestedregion" => Value::Text(self.region.as_str()),
            "aws:useragent" => match self.user_agent {
                Some(agent) => Value::Text(agent),
                None => return Values::Absent,
            },
            _ => return Values::Absent,
        })
    }
}

fn caller_service(caller: &Caller) -> Option<Value<'_>> {
    match &caller.principal {
        Principal::Service(name) => Some(Value::Text(name.as_str())),
        _ => None,
    }
}
