//! The whole path of a request, from its arrival to the reply that leaves once its record is written.

use claviger_audit::{
    EventId, EventType, Health, Identity, Json, Record, RecordedError, Resource, Shown, SourceIp, Ticket,
    TrailError,
};
use claviger_iam::{Caller, Principal, RecordedCaller};
use claviger_names::{AccountId, Region};
use claviger_wire::{Members, error_body, write_json};
use zeroize::Zeroizing;

use crate::arrival::{Arrival, Reply};
use crate::fault::{Cause, Fault};
use crate::gate::{self, Call, Scope};
use crate::kms::Kms;
use crate::model::{LastUse, TrackedOperation};
use crate::op::{DryRun, Entry, Operation, QuotaBucket};
use crate::quota::RequestQuota;
use crate::uses::UsedKeys;

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
    /// What it is a use of, if it succeeds.
    pub use_of: Option<(TrackedOperation, UsedKeys)>,
}

/// What the record shows of an answer.
#[derive(Default)]
pub(crate) struct Told {
    pub response_elements: Option<Json>,
    pub additional_event_data: Option<Json>,
    /// What the request brought into being.
    pub created: Option<Resource>,
    /// The record that it leaves in another Region too.
    pub elsewhere: Option<Box<Elsewhere>>,
}

/// What the record in another Region shows of a request that did something there too.
pub(crate) struct Elsewhere {
    pub event_name: &'static str,
    pub region: Region,
    pub shown: Option<Json>,
    pub response_elements: Option<Json>,
    pub resource: Resource,
}

/// What differs between the records of one request.
struct Side<'a> {
    event_name: &'a str,
    region: Region,
    request_parameters: Option<&'a Json>,
    response_elements: Option<&'a Json>,
    additional_event_data: Option<&'a Json>,
    resources: &'a [Resource],
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

    /// The same of an answer to a request that did something in another Region too.
    pub(crate) fn with_record(self, elsewhere: Elsewhere) -> Told {
        Told { elsewhere: Some(Box::new(elsewhere)), ..self }
    }
}

impl Kms {
    /// Answers one request. Its record is in the trail when this returns; if it could not be written, the reply says
    /// no more than that the service is unavailable.
    pub async fn answer(&self, arrival: Arrival<'_>) -> Reply {
        let entry = arrival.asked.entry();
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
        let event = EventId::from_random(self.random_bytes().unwrap_or_default());
        let recorded = match self.record(&arrival, entry, outcome.err(), &trace, event) {
            Ok((ticket, None)) => ticket.await,
            Ok((ticket, Some(elsewhere))) => match ticket.await {
                Ok(()) => elsewhere.await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match (recorded, outcome) {
            (Err(error), _) => {
                tracing::error!(request_id = %arrival.request_id, operation, %error, "a request has no record");
                refusal(&Fault::Unavailable, operation)
            }
            (Ok(()), Err(fault)) => refusal(fault, operation),
            (Ok(()), Ok(_)) => {
                if let Some((operation, keys)) = &trace.use_of {
                    let (at, request) = (self.now(), arrival.request_id);
                    keys.note(&LastUse { operation: *operation, at, event, request });
                }
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
        event: EventId,
    ) -> Result<(Ticket, Option<Ticket>), TrailError> {
        let here = Side {
            event_name: bounded(arrival.asked.name()),
            region: arrival.region,
            request_parameters: trace.shown.as_ref(),
            response_elements: trace.told.response_elements.as_ref(),
            additional_event_data: trace.told.additional_event_data.as_ref(),
            resources: &trace.resources,
        };
        let ticket = self.record_side(arrival, entry, fault, here, event)?;
        let Some(elsewhere) = &trace.told.elsewhere else { return Ok((ticket, None)) };
        let there = Side {
            event_name: elsewhere.event_name,
            region: elsewhere.region,
            request_parameters: elsewhere.shown.as_ref(),
            response_elements: elsewhere.response_elements.as_ref(),
            additional_event_data: None,
            resources: std::slice::from_ref(&elsewhere.resource),
        };
        let event = EventId::from_random(self.random_bytes().unwrap_or_default());
        Ok((ticket, Some(self.record_side(arrival, entry, fault, there, event)?)))
    }

    fn record_side(
        &self,
        arrival: &Arrival<'_>,
        entry: Option<&Entry>,
        fault: Option<&Fault>,
        side: Side<'_>,
        event_id: EventId,
    ) -> Result<Ticket, TrailError> {
        let caller = arrival.admission.as_ref().ok().map(|credential| &credential.caller);
        let recorded = caller.map(|caller| RecordedCaller::new(caller, side.region));
        let invoker = recorded.as_ref().and_then(RecordedCaller::invoked_by);
        let message = fault.and_then(Fault::message);
        let record = Record {
            event_time: self.clock.now(),
            event_id,
            request_id: Some(arrival.request_id),
            event_source: EVENT_SOURCE,
            event_name: side.event_name,
            region: side.region.as_str(),
            source_ip: invoker.map_or(SourceIp::Address(arrival.source_ip), SourceIp::Service),
            user_agent: invoker.or(arrival.user_agent),
            identity: identity(recorded.as_ref(), arrival.claimed_access_key_id),
            error: fault
                .map(|fault| RecordedError { code: recorded_code(fault), message: message.as_deref() }),
            request_parameters: side.request_parameters,
            response_elements: side.response_elements,
            additional_event_data: side.additional_event_data,
            resources: side.resources,
            read_only: entry.is_some_and(|entry| entry.facts.read_only),
            event_type: EventType::ApiCall,
            recipient_account: caller.map(|caller| recipient(caller, side.resources)),
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
    count(kms, call, own_quota::<O>)?;
    let request = O::parse(Members::read(call.body)?)?;
    trace.shown = O::shown(&request).done();
    let mut turn = None;
    for _ in 0..ATTEMPTS_MAX {
        trace.resources.clear();
        match attempt::<O>(kms, call, &request, trace).await {
            // Whoever was overtaken queues with its like, so that at most newcomers overtake it again.
            Err(Fault::Overtaken) if turn.is_none() => {
                let changed = trace.resources.first().map(|resource| &*resource.arn);
                turn = Some(Box::pin(kms.retry_turns.of(&changed)).await);
            }
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
    count(kms, call, || shared_quota::<O>(request, scope))?;
    count_elsewhere::<O>(kms, call, request)?;
    scope.keys().try_for_each(|key| O::FACTS.check_usage(key))?;
    O::fits(request, scope)?;
    scope.keys().try_for_each(|key| O::FACTS.states.check(key))?;
    O::suits(request, scope)?;
    // Known when the operation is compiled: those that use no key do nothing here.
    trace.use_of = const { TrackedOperation::of(O::FACTS.name) }.map(|of| (of, UsedKeys::of(scope.keys())));
    match O::dry_run(request) {
        DryRun::No => O::run(kms, permit, request).await,
        DryRun::BeforeRun => Err(Fault::DryRun),
        DryRun::AfterRun => O::run(kms, permit, request).await.and(Err(Fault::DryRun)),
    }
}

/// The quota of an operation that has one of its own: it is counted whatever comes of it.
fn own_quota<O: Operation>() -> Option<RequestQuota> {
    match O::FACTS.quota {
        QuotaBucket::Own(_) => RequestQuota::of_operation(O::FACTS.name),
        QuotaBucket::Cryptographic | QuotaBucket::DataKeyPair => None,
    }
}

/// The quota of a cryptographic operation, which its key decides.
fn shared_quota<O: Operation>(request: &O::Request<'_>, scope: &O::Scope) -> Option<RequestQuota> {
    match O::FACTS.quota {
        QuotaBucket::Own(_) => None,
        QuotaBucket::Cryptographic => Some(match scope.keys().next() {
            Some(key) => RequestQuota::of_key(key.record.spec),
            None => RequestQuota::of_no_key(),
        }),
        QuotaBucket::DataKeyPair => O::pair(request).and_then(RequestQuota::of_pair),
    }
}

/// Counts a request against its sender. Services that call for themselves are the operator's own.
fn count(kms: &Kms, call: &Call<'_>, quota: impl FnOnce() -> Option<RequestQuota>) -> Result<(), Fault> {
    if !kms.requests.are_counted() || call.is_by_service() {
        return Ok(());
    }
    quota().map_or(Ok(()), |quota| kms.requests.take(call.place(), quota, call.origin.now))
}

/// Counts what a request does in another Region there.
fn count_elsewhere<O: Operation>(kms: &Kms, call: &Call<'_>, request: &O::Request<'_>) -> Result<(), Fault> {
    let Some((region, quota, times)) = O::counts_in(request) else { return Ok(()) };
    let there = call.in_region(region);
    (0..times).try_for_each(|_| count(kms, &there, || Some(quota)))
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
fn recipient(caller: &Caller, resources: &[Resource]) -> AccountId {
    match (&caller.principal, resources.first()) {
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
