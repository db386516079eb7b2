//! The whole path of a request to one of these APIs, from its arrival to the reply that leaves once its record is written.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use claviger_audit::{EventId, Health, Json, RecordedError, Trail, TrailError};
use claviger_clock::Clock;
use claviger_crypto::Random;
use claviger_iam::{CallRecord, CallSender, Directory, Origin, authorize};
use claviger_wire::{Answer, Members, error_body, query_error, query_response};
use futures_util::future::{BoxFuture, FutureExt as _};
use zeroize::Zeroizing;

use crate::arrival::{Arrival, Body, Protocol, Reply};
use crate::fault::{Cause, Fault};
use crate::operation::{Call, Done, Entry, Facts, Operation};
use crate::rate::Rates;
use crate::service::Service;

/// How often a request starts over because another commit came first. Each time somebody else made progress.
const ATTEMPTS_MAX: u32 = 64;

/// One of the APIs: what it is called, what it can do, and, as a value, what its operations work with.
pub trait Api: Sized + Send + Sync + 'static {
    /// What it is called.
    const SERVICE: Service;
    /// Its operations, in the order of their names.
    const OPERATIONS: &'static [Entry<Self>];
}

/// What every API has in common.
pub struct Front {
    /// Who may do what.
    pub directory: Arc<Directory>,
    /// Where every request is recorded.
    pub trail: Arc<Trail>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the ids of records.
    pub random: Arc<dyn Random>,
    /// How often who may call what.
    pub rates: Rates,
}

/// An API that is served.
pub struct Served<A: Api> {
    pub(crate) api: Arc<A>,
    pub(crate) front: Arc<Front>,
}

/// An API as the listener sees it.
pub trait Serve: Send + Sync {
    /// What it is called.
    fn service(&self) -> &'static Service;

    /// What it can do, in the order of the operations' names.
    fn operations(&self) -> Vec<Facts>;

    /// Answers one request. Its record is in the trail when this returns; if it could not be written, the reply says no
    /// more than that the service is unavailable.
    fn answer<'a>(&'a self, arrival: Arrival<'a>) -> BoxFuture<'a, Reply>;
}

/// What a request leaves behind for its record.
#[derive(Default)]
pub(crate) struct Trace {
    shown: Option<Json>,
    told: Option<Json>,
}

/// What of a request is recorded whatever becomes of it.
struct Heading<'a> {
    request_id: claviger_audit::RequestId,
    operation: &'a str,
    facts: Option<Facts>,
    protocol: Protocol,
    origin: Origin<'a>,
    tls: Option<claviger_audit::Tls<'a>>,
}

impl<A: Api> Served<A> {
    /// The API with these parts, behind this front.
    pub fn new(api: Arc<A>, front: Arc<Front>) -> Served<A> {
        Served { api, front }
    }

    fn find(name: &str) -> Option<&'static Entry<A>> {
        let operations = A::OPERATIONS;
        operations.binary_search_by(|entry| entry.facts.name.cmp(name)).ok().map(|at| &operations[at])
    }

    async fn respond(&self, arrival: Arrival<'_>) -> Reply {
        let Arrival { request_id, operation, region, source_ip, user_agent, tls, source, .. } = arrival;
        let Arrival { admission, claimed_access_key_id, body, .. } = arrival;
        let entry = Self::find(operation);
        let now = self.front.clock.now();
        let origin = Origin { region, now, source_ip, user_agent, is_secure: tls.is_some(), source };
        let (facts, protocol) = (entry.map(|entry| entry.facts), body.protocol());
        let heading = Heading { request_id, operation, facts, protocol, origin, tls };
        if !self.front.can_record() {
            tracing::error!(%request_id, health = ?self.front.trail.health(), "the trail cannot be written");
            return refusal(&A::SERVICE, &heading, &Fault::Unavailable);
        }
        let mut trace = Trace::default();
        let (credential, result) = match admission {
            Ok(credential) => {
                let call = Call { caller: &credential.caller, origin };
                // What panics is on record like everything else.
                let done =
                    AssertUnwindSafe(self.perform(entry, &call, body, &mut trace)).catch_unwind().await;
                let result = done.unwrap_or_else(|_| Err(Fault::internal("it panicked")));
                (Some(credential), result)
            }
            Err(fault) => (None, Err(fault)),
        };
        if let Err(Fault::Internal(Cause(cause))) = &result {
            tracing::error!(%request_id, operation, cause, "a request failed in here");
        }
        let sender = match &credential {
            Some(credential) => CallSender::Signed(&credential.caller),
            None => CallSender::Unknown { access_key_id: claimed_access_key_id },
        };
        match (self.record(&heading, sender, result.as_ref().err(), &trace).await, result) {
            (Err(error), _) => {
                tracing::error!(%request_id, operation, %error, "a request has no record");
                refusal(&A::SERVICE, &heading, &Fault::Unavailable)
            }
            (Ok(()), Err(fault)) => refusal(&A::SERVICE, &heading, &fault),
            (Ok(()), Ok(answer)) => reply(&A::SERVICE, &heading, &answer),
        }
    }

    async fn perform(
        &self,
        entry: Option<&'static Entry<A>>,
        call: &Call<'_>,
        body: Body<'_>,
        trace: &mut Trace,
    ) -> Result<Answer, Fault> {
        let entry = entry.ok_or(Fault::UnknownOperation)?;
        if !self.front.rates.take(call.account(), call.region(), &entry.facts, call.now()) {
            return Err(Fault::Throttled);
        }
        (entry.perform)(self, call, body.members()?, trace).await
    }

    async fn record(
        &self,
        heading: &Heading<'_>,
        sender: CallSender<'_>,
        fault: Option<&Fault>,
        trace: &Trace,
    ) -> Result<(), TrailError> {
        let mut event_id = [0; 16];
        // A record without a random id is better than none.
        let _ = self.front.random.fill_public(&mut event_id);
        let message = fault.and_then(Fault::message);
        let recorded = |fault: &Fault| fault.code(&A::SERVICE, Protocol::Json);
        let record = CallRecord {
            event_source: A::SERVICE.event_source,
            event_name: heading.facts.map_or(heading.operation, |facts| facts.name),
            request_id: heading.request_id,
            origin: heading.origin,
            tls: heading.tls,
            sender,
            error: fault.map(|fault| RecordedError {
                code: recorded_code(recorded(fault)),
                message: message.as_deref(),
            }),
            shown: trace.shown.as_ref(),
            told: trace.told.as_ref(),
            resources: &[],
            read_only: heading.facts.is_some_and(|facts| facts.read_only),
            recipient: match sender {
                CallSender::Signed(caller) => Some(caller.account),
                CallSender::Web(_) | CallSender::Unknown { .. } => None,
            },
        };
        record.append(&self.front.trail, self.front.clock.now(), EventId::from_random(event_id)).await
    }
}

impl<A: Api> Serve for Served<A> {
    fn service(&self) -> &'static Service {
        const { &A::SERVICE }
    }

    fn operations(&self) -> Vec<Facts> {
        A::OPERATIONS.iter().map(|entry| entry.facts).collect()
    }

    fn answer<'a>(&'a self, arrival: Arrival<'a>) -> BoxFuture<'a, Reply> {
        self.respond(arrival).boxed()
    }
}

impl Front {
    /// Whether a record could be written: what cannot be recorded is not begun.
    fn can_record(&self) -> bool {
        matches!(self.trail.health(), Health::Writing) || matches!(self.trail.probe(), Health::Writing)
    }
}

/// One operation, from its members to its answer.
pub(crate) async fn perform<O: Operation>(
    served: &Served<O::Api>,
    call: &Call<'_>,
    members: Members<'_>,
    trace: &mut Trace,
) -> Result<Answer, Fault> {
    let request = O::parse(members)?;
    trace.shown = O::shown(&request).done();
    for _ in 0..ATTEMPTS_MAX {
        match attempt::<O>(served, call, &request).await {
            Err(Fault::Overtaken) => {}
            Err(fault) => return Err(fault),
            Ok(Done { answer, told }) => {
                trace.told = told.done();
                return Ok(answer);
            }
        }
    }
    Err(Fault::Overtaken)
}

async fn attempt<O: Operation>(
    served: &Served<O::Api>,
    call: &Call<'_>,
    request: &O::Request,
) -> Result<Done, Fault> {
    let asks = O::asks(call, request)?;
    let allowed = authorize(&served.front.directory, call.caller, call.origin, &asks).await;
    allowed.map_err(Fault::of_authorization)?;
    O::run(&served.api, call, request).await
}

/// CloudTrail drops the suffix of this one error.
fn recorded_code(code: &'static str) -> &'static str {
    if code == "AccessDeniedException" { "AccessDenied" } else { code }
}

fn reply(service: &Service, heading: &Heading<'_>, answer: &Answer) -> Reply {
    let (protocol, facts) = (heading.protocol, heading.facts);
    let has_output = facts.is_some_and(|facts| facts.has_output);
    let body = match protocol {
        Protocol::Json if !has_output => Ok(Zeroizing::default()),
        Protocol::Json => answer.json().map(Zeroizing::new),
        Protocol::Cbor => Ok(Zeroizing::new(answer.cbor())),
        Protocol::Query => Ok(query_response(
            service.query.map_or("", |query| query.namespace),
            facts.map_or("", |facts| facts.name),
            &heading.request_id.to_string(),
            has_output.then(|| answer.xml()),
        )),
    };
    match body {
        Ok(body) => Reply {
            status: 200,
            protocol,
            body,
            operation: facts.map(|facts| facts.name),
            error: None,
            query_error: None,
        },
        Err(error) => refusal(service, heading, &Fault::internal(error)),
    }
}

fn refusal(service: &Service, heading: &Heading<'_>, fault: &Fault) -> Reply {
    let (protocol, message) = (heading.protocol, fault.message());
    let (code, status) = (fault.code(service, protocol), fault.status(protocol));
    let body = match protocol {
        Protocol::Json => Zeroizing::new(error_body(code, message.as_deref())),
        Protocol::Cbor => Zeroizing::new(error_in_cbor(service, code, message.as_deref())),
        Protocol::Query => {
            let namespace = service.query.map_or("", |query| query.namespace);
            query_error(namespace, status, code, message.as_deref(), &heading.request_id.to_string())
        }
    };
    let whose = if status < 500 { "Sender" } else { "Receiver" };
    let has_header = service.query.is_some() && protocol != Protocol::Query;
    let query_error = has_header.then(|| format!("{};{whose}", fault.code(service, Protocol::Query)));
    let operation = heading.facts.map(|facts| facts.name);
    Reply { status, protocol, body, operation, error: Some(code), query_error }
}

fn error_in_cbor(service: &Service, code: &str, message: Option<&str>) -> Vec<u8> {
    let kind = match service.cbor_namespace {
        Some(namespace) => format!("{namespace}#{code}"),
        None => code.to_owned(),
    };
    Answer::structure().with("__type", kind).maybe("message", message.map(str::to_owned)).cbor()
}
