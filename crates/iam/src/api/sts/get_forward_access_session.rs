//! GetForwardAccessSession: a service shows the request that a caller sent to it, and gets credentials to act for that
//! caller. AWS has this inside, and no name for it that others see; the name is ours.

use std::sync::Arc;

use claviger_audit::Shown;
use claviger_clock::Timestamp;
use claviger_names::AccountId;
use claviger_sigv4::{Claim, Request, SigV4Fault, SigningKey};
use claviger_wire::{Bounds, Members, TextRule, Xml};

use super::grant::lifetime;
use super::issued::{ANSWER_BYTES, Issued};
use crate::api::{Api, Ask, Call, Facts, Fault, Operation};
use crate::session::Holder;
use crate::{
    ActingService, Caller, Credential, IntegratedService, Issuer, KeyStatus, Principal, ServicePrincipal,
    SessionFault, SessionGrant, Tags, Token, TokenOrigin,
};

/// Seconds that a service may be asked to act.
const SECONDS: Bounds = Bounds::new(900, 3_600);

/// Most services that a request may come through, one after another.
const SERVICES_MAX: usize = 8;

/// Headers of a forwarded request.
const HEADERS: Bounds = Bounds::new(1, 100);

const METHOD: TextRule = TextRule::length(1, 32);
const PATH: TextRule = TextRule::length(1, 8_192);
const QUERY: TextRule = TextRule::length(0, 16_384);
const HEADER_NAME: TextRule = TextRule::length(1, 256);
const HEADER_VALUE: TextRule = TextRule::length(0, 32_768);
const PAYLOAD: TextRule = TextRule::length(1, 128);

pub(super) struct GetForwardAccessSession;

/// The request as the service received it.
pub(super) struct Forwarded {
    method: Box<str>,
    path: Box<str>,
    query: Option<Box<str>>,
    headers: Vec<(Box<str>, Box<str>)>,
    payload: Box<str>,
    duration_seconds: Option<i64>,
}

/// Credentials, and whose they are.
pub(super) struct Forward {
    issued: Issued,
    arn: String,
    user_id: String,
    account: AccountId,
}

impl Operation for GetForwardAccessSession {
    const FACTS: Facts = Facts::read("GetForwardAccessSession").answering(ANSWER_BYTES);
    type Request = Forwarded;
    type Response = Forward;

    fn parse(mut members: Members<'_>) -> Result<Forwarded, Fault> {
        let method = members.required_text("Method", &METHOD).into();
        let path = members.required_text("Path", &PATH).into();
        let query = members.secret_text("QueryString", &QUERY).map(Into::into);
        let headers = members.structures("Headers", |header| {
            let name = header.required_text("Name", &HEADER_NAME).to_ascii_lowercase();
            let value = header.secret_text("Value", &HEADER_VALUE);
            (name.into(), header.required("Value", value).into())
        });
        let headers = headers.unwrap_or_default();
        members.counted("Headers", &headers, HEADERS);
        let payload = members.required_text("PayloadHash", &PAYLOAD).into();
        let duration_seconds = members.whole("DurationSeconds", SECONDS);
        Ok(members.finish(Forwarded { method, path, query, headers, payload, duration_seconds })?)
    }

    /// What was sent to another service is no business of this trail, beside whose it was.
    fn shown(request: &Forwarded) -> Shown {
        Shown::new().maybe_number("durationSeconds", request.duration_seconds)
    }

    /// Nothing: every service may, and nobody else.
    async fn asks(_: &Api, _: &Call<'_>, _: &Forwarded) -> Result<Vec<Ask>, Fault> {
        Ok(Vec::new())
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Forwarded) -> Result<Forward, Fault> {
        let service = acting(api, call).await?;
        let original = request.sender(api, &service).await?;
        let (holder, token) = (holder(&original.caller)?, original.caller.token.as_deref());
        let mut services = original.caller.services().to_vec();
        if services.len() >= SERVICES_MAX {
            return Err(refused("it came through too many services"));
        }
        services.push(ActingService { principal: service.principal, registered: service.created });
        let (issued, expires) = lifetime(call.now(), request.duration_seconds.unwrap_or(SECONDS.min));
        let token = match token {
            None => Token { services, ..of_long_term(issued, expires) },
            Some(token) => Token { services, expires: expires.min(token.expires), ..token.clone() },
        };
        let (account, expires) = (original.caller.account, token.expires);
        let session = api.sessions.issue(&SessionGrant { account, holder, token }).await?;
        Ok(Forward {
            issued: Issued { session, expires },
            arn: original.caller.arn(call.region()),
            user_id: original.caller.user_id(),
            account,
        })
    }

    fn write(forward: &Forward, xml: &mut Xml) {
        forward.issued.write(xml);
        xml.text("Arn", &forward.arn)
            .text("UserId", &forward.user_id)
            .text("Account", forward.account.as_str());
    }

    fn account_found(forward: &Forward) -> Option<AccountId> {
        Some(forward.account)
    }

    fn told(forward: &Forward) -> Shown {
        Shown::new().object("credentials", forward.issued.shown()).text("arn", &forward.arn)
    }
}

impl Forwarded {
    /// Who sent it to the service: its signature must be right, recent, and meant for this service.
    async fn sender(&self, api: &Api, service: &IntegratedService) -> Result<Arc<Credential>, Fault> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (&**name, value.as_bytes())).collect();
        let request = Request {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &headers,
            body: &[],
        };
        let claim = Claim::parse(&request).map_err(unauthenticated)?;
        if !service.signing_names.iter().any(|name| name.as_ref() == claim.scope().service()) {
            return Err(refused(&format!("it is signed for {}", claim.scope().service())));
        }
        let current = claim.check_forwarded(api.signing_clock.now(), |_| true).map_err(unauthenticated)?;
        let claim = current.claim();
        let credential = credential(api, claim.access_key_id(), claim.security_token()).await?;
        let key = SigningKey::derive(credential.secret.expose(), claim.scope());
        current.verify_forwarded(&key, &self.payload).map_err(unauthenticated)?;
        Ok(credential)
    }
}

/// The service that asks; nobody else can, and no service with what it got in another's name.
async fn acting(api: &Api, call: &Call<'_>) -> Result<IntegratedService, Fault> {
    let name: Option<&ServicePrincipal> = match &call.caller.principal {
        Principal::Service(name) => Some(name),
        Principal::Root | Principal::User(_) | Principal::Session(_) | Principal::FederatedUser(_) => None,
    };
    let found = match name {
        Some(name) => api.directory.service(name).await?,
        None => None,
    };
    found.ok_or_else(|| {
        let caller = call.caller.arn(call.region());
        Fault::AccessDenied(
            format!("User: {caller} is not authorized to perform: sts:GetForwardAccessSession").into(),
        )
    })
}

/// The access key that the request was signed with, if it may be used.
async fn credential(api: &Api, id: &str, token: Option<&str>) -> Result<Arc<Credential>, Fault> {
    let unknown = || refused("its security token is invalid");
    let id = id.parse().map_err(|_| unknown())?;
    let Some(token) = token else {
        let found = api.directory.credential(&id).await?;
        return found.filter(|credential| credential.status == KeyStatus::Active).ok_or_else(unknown);
    };
    match api.sessions.open(&id, token).await {
        Ok(credential) => Ok(credential),
        Err(SessionFault::Invalid) => Err(unknown()),
        Err(SessionFault::Expired) => Err(refused("its security token is expired")),
        Err(SessionFault::Directory(error)) => Err(error.into()),
    }
}

/// Whose the session will be: the caller's own, so that what ends the caller ends it.
fn holder(caller: &Caller) -> Result<Holder, Fault> {
    match &caller.principal {
        Principal::Root => Ok(Holder::Root),
        Principal::User(user) => Ok(Holder::User(user.id)),
        Principal::Session(session) => {
            Ok(Holder::Role { id: session.role.id, session: session.session_name.clone() })
        }
        Principal::FederatedUser(user) => {
            let issuer = match &user.issuer {
                Issuer::Root => None,
                Issuer::User(user) => Some(user.id),
            };
            Ok(Holder::Federated { name: user.name.clone(), user: issuer })
        }
        Principal::Service(_) => Err(refused("a service sent it, on its own behalf")),
    }
}

fn of_long_term(issued: Timestamp, expires: Timestamp) -> Token {
    Token {
        issued,
        expires,
        origin: TokenOrigin::ForwardAccess,
        mfa_authenticated: None,
        source_identity: None,
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        policies: Vec::new(),
        services: Vec::new(),
    }
}

fn unauthenticated(fault: SigV4Fault) -> Fault {
    refused(&fault.message())
}

fn refused(why: &str) -> Fault {
    Fault::AccessDenied(format!("The forwarded request cannot be acted on: {why}").into())
}
