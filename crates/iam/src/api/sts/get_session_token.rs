//! GetSessionToken: a user's own credentials, for a time.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::grant::lifetime;
use super::issued::{ANSWER_BYTES, Issued};
use super::member::{SERIAL_NUMBER, TOKEN_CODE, USER_SECONDS};
use crate::api::{Api, Ask, Call, Facts, Fault, Operation};
use crate::session::Holder;
use crate::{Principal, SessionGrant, Tags, Token, TokenOrigin};

/// How long a session lasts unless it is said.
pub(super) const DEFAULT_SECONDS: i64 = 43_200;

/// The longest session of a root user; one that is asked to last longer is cut to it.
pub(super) const ROOT_SECONDS_MAX: i64 = 3_600;

/// There are no devices here whose codes could be right.
pub(super) const NO_MFA: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

pub(super) struct GetSessionToken;

pub(super) struct GetSessionTokenRequest {
    duration_seconds: Option<i64>,
    serial_number: Option<Box<str>>,
    has_code: bool,
}

impl Operation for GetSessionToken {
    const FACTS: Facts = Facts::read("GetSessionToken").answering(ANSWER_BYTES);
    type Request = GetSessionTokenRequest;
    type Response = Issued;

    fn parse(mut members: Members<'_>) -> Result<GetSessionTokenRequest, Fault> {
        let request = GetSessionTokenRequest {
            duration_seconds: members.whole("DurationSeconds", USER_SECONDS),
            serial_number: members.text("SerialNumber", &SERIAL_NUMBER).map(Into::into),
            has_code: members.secret_text("TokenCode", &TOKEN_CODE).is_some(),
        };
        Ok(members.finish(request)?)
    }

    fn shown(request: &GetSessionTokenRequest) -> Shown {
        Shown::new()
            .maybe_number("durationSeconds", request.duration_seconds)
            .maybe_text("serialNumber", request.serial_number.as_deref())
    }

    /// Nothing: every user may.
    async fn asks(_: &Api, _: &Call<'_>, _: &GetSessionTokenRequest) -> Result<Vec<Ask>, Fault> {
        Ok(Vec::new())
    }

    async fn run(api: &Api, call: &Call<'_>, request: &GetSessionTokenRequest) -> Result<Issued, Fault> {
        if request.serial_number.is_some() || request.has_code {
            return Err(Fault::AccessDenied(NO_MFA.into()));
        }
        let holder = match &call.caller.principal {
            Principal::Root => Holder::Root,
            Principal::User(user) => Holder::User(user.id),
            Principal::Session(_) | Principal::FederatedUser(_) | Principal::Service(_) => {
                return Err(Fault::AccessDenied(
                    "Cannot call GetSessionToken with session credentials".into(),
                ));
            }
        };
        let (issued, expires) = lifetime(call.now(), seconds(request.duration_seconds, &holder));
        let token = Token {
            issued,
            expires,
            origin: TokenOrigin::SessionToken,
            mfa_authenticated: None,
            source_identity: None,
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            policies: Vec::new(),
            services: Vec::new(),
        };
        let grant = SessionGrant { account: call.account(), holder, token };
        Ok(Issued { session: api.sessions.issue(&grant).await?, expires })
    }

    fn write(issued: &Issued, xml: &mut Xml) {
        issued.write(xml);
    }

    fn told(issued: &Issued) -> Shown {
        Shown::new().object("credentials", issued.shown())
    }
}

/// How long the session of a user lasts, or of the root user.
pub(super) fn seconds(asked: Option<i64>, holder: &Holder) -> i64 {
    let seconds = asked.unwrap_or(DEFAULT_SECONDS);
    match holder {
        Holder::Root | Holder::Federated { user: None, .. } => seconds.min(ROOT_SECONDS_MAX),
        Holder::User(_) | Holder::Federated { user: Some(_), .. } | Holder::Role { .. } => seconds,
    }
}
