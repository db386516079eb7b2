//! The whole path of a request, from its arrival to the reply that leaves once its record is written.

use claviger_audit::{
    EventId, EventType, Health, Identity, Json, Record, RecordedError, Resource, Shown, SourceIp, Ticket,
    TrailError,
};
use claviger_iam::{Caller, Principal, RecordedCaller};
use claviger_names::AccountId;
use claviger_wire::{Members, error_body, write_json};
use zeroize::Zeroizing;

use crate::arrival::{Arrival, Reply};
use crate::fault::{Cause, Fault};
use crate::gate::{self, Call, Scope};
use crate::kms::Kms;
use crate::op::{self, DryRun, Entry, Operation};

/// How often a request starts over because another commit came first. Each time somebody else made progress.
const ATTEMPTS_MAX: u32 = 64;

/// Longest operation name of a caller that is recorded as it was sent.
const EVENT_NAME_BYTES_MAX: usize = 64;

/// What `eventSource` names.
const EVENT_SOURCE: &str = "kms.amazonaws.com";

/// What a request leaves behind for its record.
#[derive(Default)]
pub(crate) struct Trace {
    pub shown: Option<Json>,
    pub told: Told,
    pub resources: Vec<Resource>,
}

/// What the record shows of an answer.
#[derive(Default)]
pub(crate) struct Told {
    pub response_elements: Option<Json>,
    pub additional_event_data: Option<Json>,
    /// What the request brought into being.
    pub created: Option<Resource>,
}

impl Told {
    /// An answer that changed something and is shown.
    pub(crate) fn elements(shown: Shown) -> Told {
        Told { response_elements: shown.done(), ..Told::default() }
    }

    /// An answer of which only something beside it is shown.
    pub(crate) fn beside(shown: Shown) -> Told {
        Told { additional_event_data: shown.done(), ..Told::default() }
    }

    /// The same of an answer that tells of a new resource.
    pub(crate) fn with_resource(self, created: Resource) -> Told {
        Told { created: Some(created), ..self }
    }
}

impl Kms {
    /// Answers one request. Its record is in the trail when this returns; if it could not be written, the reply says
    /// no more than that the service is unavailable.
    pub async fn answer(&self, arrival: Arrival<'_>) -> Reply {
        let entry = op::find(arrival.operation);
        let mut trace = Trace::default();
        if !self.can_record() {
            tracing::error!(request_id = %arrival.request_id, health = ?self.trail.health(), "the trail cannot be written");
            return refusal(&Fault::Unavailable, entry.map(|entry| entry.facts.name));
        }
        let result = match (&arrival.admission, entry) {
            (Err(_), _) => None,
            (Ok(_), None) => Some(Err(Fault::UnknownOperation)),
            (Ok(credential), Some(entry)) => {
                let call = Call { credential, origin: arrival.origin(self.clock.now()), body: arrival.body };
                Some((entry.perform)(self, &call, &mut trace).await)
            }
        };
        let outcome = match (&result, &arrival.admission) {
            (Some(Ok(body)), _) => Ok(body),
            (Some(Err(fault)), _) | (None, Err(fault)) => Err(fault),
            (None, Ok(_)) => Err(&Fault::UnknownOperation),
        };
        let operation = entry.map(|entry| entry.facts.name);
        if let Err(Fault::Internal(Cause(cause))) = outcome {
            tracing::error!(request_id = %arrival.request_id, operation, cause, "a request failed in here");
        }
        // The record itself is not held while its ticket is awaited: that would make every request's future larger.
        let recorded = match self.record(&arrival, entry, outcome.err(), &trace) {
            Ok(ticket) => ticket.await,
            Err(error) => Err(error),
        };
        match (recorded, outcome) {
            (Err(error), _) => {
                tracing::error!(request_id = %arrival.request_id, operation, %error, "a request has no record");
                refusal(&Fault::Unavailable, operation)
            }
            (Ok(()), Err(fault)) => refusal(fault, operation),
            (Ok(()), Ok(_)) => {
                let body = result.and_then(Result::ok).unwrap_or_default();
                Reply { status: 200, body, operation, error: None }
            }
        }
    }

    /// Whether a record could be written: what cannot be recorded is not begun.
    fn can_record(&self) -> bool {
        matches!(self.trail.health(), Health::Writing) || matches!(self.trail.probe(), Health::Writing)
    }

    fn record(
        &self,
        arrival: &Arrival<'_>,
        entry: Option<&Entry>,
        fault: Option<&Fault>,
        trace: &Trace,
    ) -> Result<Ticket, TrailError> {
        let caller = arrival.admission.as_ref().ok().map(|credential| &credential.caller);
        let recorded = caller.map(|caller| RecordedCaller::new(caller, arrival.region));
        let invoker = recorded.as_ref().and_then(RecordedCaller::invoked_by);
        let message = fault.and_then(Fault::message);
        let event_id = self.random_bytes().unwrap_or_default();
        let record = Record {
            event_time: self.clock.now(),
            event_id: EventId::from_random(event_id),
            request_id: Some(arrival.request_id),
            event_source: EVENT_SOURCE,
            event_name: entry.map_or_else(|| bounded(arrival.operation), |entry| entry.facts.name),
            region: arrival.region.as_str(),
            source_ip: invoker.map_or(SourceIp::Address(arrival.source_ip), SourceIp::Service),
            user_agent: invoker.or(arrival.user_agent),
            identity: identity(recorded.as_ref(), arrival.claimed_access_key_id),
            error: fault
                .map(|fault| RecordedError { code: recorded_code(fault), message: message.as_deref() }),
            request_parameters: trace.shown.as_ref(),
            response_elements: trace.told.response_elements.as_ref(),
            additional_event_data: trace.told.additional_event_data.as_ref(),
            resources: &trace.resources,
            read_only: entry.is_some_and(|entry| entry.facts.read_only),
            event_type: EventType::ApiCall,
            recipient_account: caller.map(|caller| recipient(caller, trace)),
            shared_event_id: None,
            service_event_details: None,
            vpc_endpoint_id: None,
            tls: arrival.tls.filter(|_| invoker.is_none()),
            session_from_console: false,
        };
        self.trail.append(&record)
    }

    /// Writes a record; it is as durable as the trail's setting says when this returns.
    pub(crate) async fn append(&self, record: &Record<'_>) -> Result<(), TrailError> {
        let ticket = self.trail.append(record)?;
        ticket.await
    }
}

/// One operation, from its body to the body of its answer.
pub(crate) async fn perform<O: Operation>(
    kms: &Kms,
    call: &Call<'_>,
    trace: &mut Trace,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let request = O::parse(Members::read(call.body)?)?;
    trace.shown = O::shown(&request).done();
    for _ in 0..ATTEMPTS_MAX {
        trace.resources.clear();
        match attempt::<O>(kms, call, &request, trace).await {
            Err(Fault::Overtaken) => {}
            Err(fault) => return Err(fault),
            Ok(response) => {
                trace.told = O::told(&response);
                trace.resources.extend(trace.told.created.take());
                return body_of::<O>(&response);
            }
        }
    }
    Err(Fault::Overtaken)
}

async fn attempt<O: Operation>(
    kms: &Kms,
    call: &Call<'_>,
    request: &O::Request<'_>,
    trace: &mut Trace,
) -> Result<O::Response, Fault> {
    let permit = gate::admit::<O::Scope>(kms, call, &O::FACTS, O::asks(request)?, trace).await?;
    let scope = permit.scope();
    scope.keys().try_for_each(|key| O::FACTS.usage.check(key, O::FACTS.name))?;
    O::fits(request, scope)?;
    scope.keys().try_for_each(|key| O::FACTS.states.check(key))?;
    match O::dry_run(request) {
        DryRun::No => O::run(kms, permit, request).await,
        DryRun::BeforeRun => Err(Fault::DryRun),
        DryRun::AfterRun => O::run(kms, permit, request).await.and(Err(Fault::DryRun)),
    }
}

fn body_of<O: Operation>(response: &O::Response) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if !O::FACTS.has_output {
        return Ok(Zeroizing::default());
    }
    let mut body = Zeroizing::new(Vec::with_capacity(O::answer_bytes(response)));
    write_json(response, &mut body).map_err(Fault::internal)?;
    Ok(body)
}

fn refusal(fault: &Fault, operation: Option<&'static str>) -> Reply {
    let body = Zeroizing::new(error_body(fault.code(), fault.message().as_deref()));
    Reply { status: fault.status(), body, operation, error: Some(fault.code()) }
}

fn identity<'a>(caller: Option<&'a RecordedCaller<'_>>, claimed: Option<&'a str>) -> Identity<'a> {
    match caller {
        Some(caller) => caller.identity(),
        None => Identity::Unidentified { access_key_id: claimed },
    }
}

/// Whose trail the record is for: a service has none, so whoever's key it asked for.
fn recipient(caller: &Caller, trace: &Trace) -> AccountId {
    match (&caller.principal, trace.resources.first()) {
        (Principal::Service(_), Some(resource)) => resource.account,
        _ => caller.account,
    }
}

/// CloudTrail drops the suffix of this one error of KMS.
fn recorded_code(fault: &Fault) -> &'static str {
    match fault {
        Fault::AccessDenied(_) => "AccessDenied",
        other => other.code(),
    }
}

fn bounded(name: &str) -> &str {
    match name.get(..EVENT_NAME_BYTES_MAX) {
        Some(start) => start,
        None => name,
    }
}
