//! The whole path of a request to IAM or STS, from its arrival to the reply that leaves once its record is written.

use claviger_audit::{Health, Json, Resource};
use claviger_names::AccountId;
use claviger_wire::{Members, Xml, query_error, query_response};

use super::operation::{Call, Operation, Perform};
use super::record::{Heading, WebSender};
use super::{Api, Arrival, Cause, Entry, Fault, Reply, Sender, Service, Unauthenticated, authorize};
use crate::{Caller, TokenOrigin};

/// How often a request starts over because another commit came first. Each time somebody else made progress.
const ATTEMPTS_MAX: u32 = 64;

/// What a request leaves behind for its record.
#[derive(Default)]
pub(crate) struct Trace {
    pub shown: Option<Json>,
    pub told: Option<Json>,
    pub resources: Vec<Resource>,
    /// Whose account it is about, where no caller's account says so.
    pub account: Option<AccountId>,
    /// Who a request without signature is from, once a provider's word for it was verified.
    pub web_sender: Option<WebSender>,
}

impl Api {
    /// Answers one request. Its record is in the trail when this returns; if it could not be written, the reply says
    /// no more than that the service is unavailable.
    pub async fn answer(&self, arrival: Arrival<'_>) -> Reply {
        let entry = arrival.service.find(arrival.operation);
        let (service, request_id) = (arrival.service, arrival.request_id.to_string());
        let refusal = |fault: &Fault| refusal(service, fault, entry, &request_id);
        if !self.can_record() {
            tracing::error!(%request_id, health = ?self.trail.health(), "the trail cannot be written");
            return refusal(&Fault::Unavailable);
        }
        let mut trace = Trace::default();
        let (heading, admission) = arrival.split(self.clock.now());
        let (sender, result) = match admission {
            Ok((sender, members)) => {
                let result = self.perform(&heading, entry, &sender, members, &mut trace).await;
                (Some(sender), result)
            }
            Err(fault) => (None, Err(fault)),
        };
        if let Err(Fault::Internal(Cause(cause))) = &result {
            tracing::error!(%request_id, operation = heading.operation, cause, "a request failed in here");
        }
        let fault = result.as_ref().err();
        match (self.record(&heading, entry, sender.as_ref(), fault, &trace).await, result) {
            (Err(error), _) => {
                tracing::error!(%request_id, operation = heading.operation, %error, "a request has no record");
                refusal(&Fault::Unavailable)
            }
            (Ok(()), Err(fault)) => refusal(&fault),
            (Ok(()), Ok(body)) => answer(service, entry, body, &request_id),
        }
    }

    async fn perform(
        &self,
        heading: &Heading<'_>,
        entry: Option<&'static Entry>,
        sender: &Sender,
        members: Members<'_>,
        trace: &mut Trace,
    ) -> Result<Xml, Fault> {
        let entry = entry.ok_or_else(|| unknown(heading.service, heading.operation))?;
        let origin = heading.origin;
        match (entry.perform, sender) {
            (Perform::Unsigned(perform), _) => perform(self, &origin, members, trace).await,
            (Perform::Signed(_), Sender::Anonymous) => {
                Err(Fault::Unauthenticated(Unauthenticated::MissingToken))
            }
            (Perform::Signed(perform), Sender::Signed(credential)) => {
                let call = Call { caller: &credential.caller, origin };
                check_session(heading.service, entry.facts.name, call.caller)?;
                perform(self, &call, members, trace).await
            }
        }
    }

    /// Whether a record could be written: what cannot be recorded is not begun.
    fn can_record(&self) -> bool {
        matches!(self.trail.health(), Health::Writing) || matches!(self.trail.probe(), Health::Writing)
    }
}

/// One operation, from its members to the content of its answer.
pub(crate) async fn perform<O: Operation>(
    api: &Api,
    call: &Call<'_>,
    members: Members<'_>,
    trace: &mut Trace,
) -> Result<Xml, Fault> {
    let request = O::parse(members)?;
    trace.shown = O::shown(&request).done();
    trace.account = O::account(&request);
    for _ in 0..ATTEMPTS_MAX {
        match attempt::<O>(api, call, &request).await {
            Err(Fault::Overtaken) => {}
            Err(fault) => return Err(fault),
            Ok(response) => {
                trace.told = O::told(&response).done();
                trace.account = O::account_found(&response).or(trace.account);
                let mut xml = Xml::with_capacity(O::FACTS.answer_bytes);
                O::write(&response, &mut xml);
                return Ok(xml);
            }
        }
    }
    Err(Fault::Overtaken)
}

async fn attempt<O: Operation>(
    api: &Api,
    call: &Call<'_>,
    request: &O::Request,
) -> Result<O::Response, Fault> {
    let asks = O::asks(api, call, request).await?;
    authorize(&api.directory, call.caller, call.origin, &asks).await?;
    O::run(api, call, request).await
}

/// What temporary credentials are not for, whatever policies allow.
fn check_session(service: Service, operation: &str, caller: &Caller) -> Result<(), Fault> {
    let Some(token) = &caller.token else { return Ok(()) };
    let has_mfa = token.mfa_authenticated.is_some();
    let (for_iam, for_sts) = match token.origin {
        TokenOrigin::SessionToken => (has_mfa, matches!(operation, "AssumeRole" | "GetCallerIdentity")),
        TokenOrigin::FederationToken => (false, operation == "GetCallerIdentity"),
        TokenOrigin::AssumeRole | TokenOrigin::WebIdentity(_) | TokenOrigin::ForwardAccess => {
            (true, !matches!(operation, "GetSessionToken" | "GetFederationToken"))
        }
    };
    match service {
        Service::Iam if !for_iam => Err(Fault::Unauthenticated(Unauthenticated::UnknownAccessKey)),
        Service::Sts if !for_sts => {
            Err(Fault::AccessDenied(format!("Cannot call {operation} with session credentials").into()))
        }
        Service::Iam | Service::Sts => Ok(()),
    }
}

fn unknown(service: Service, operation: &str) -> Fault {
    Fault::InvalidAction(
        format!("Could not find operation {operation} for version {}", service.version()).into(),
    )
}

fn answer(service: Service, entry: Option<&'static Entry>, content: Xml, request_id: &str) -> Reply {
    let (operation, has_result) =
        entry.map_or(("", false), |entry| (entry.facts.name, entry.facts.has_result));
    let content = Some(content).filter(|_| has_result);
    let body = query_response(service.namespace(), operation, request_id, content);
    Reply { status: 200, body, operation: Some(operation), error: None }
}

fn refusal(service: Service, fault: &Fault, entry: Option<&'static Entry>, request_id: &str) -> Reply {
    let message = fault.message();
    let body = query_error(service.namespace(), fault.status(), fault.code(), message.as_deref(), request_id);
    let operation = entry.map(|entry| entry.facts.name);
    Reply { status: fault.status(), body, operation, error: Some(fault.code()) }
}
