//! The whole path of a request, from its arrival to the reply that leaves once its record is written.

use claviger_audit::{EventId, Health, Json, Record, RequestId, Resource, Shown, Ticket, TrailError};
use claviger_names::Region;
use claviger_wire::{Members, error_body, write_json};
use zeroize::Zeroizing;

use crate::arrival::{Arrival, Reply};
use crate::fault::{Cause, Fault};
use crate::gate::{self, Call, Scope};
use crate::kms::Kms;
use crate::model::{LastUse, TrackedOperation};
use crate::op::{DryRun, Operation, QuotaBucket};
use crate::quota::RequestQuota;
use crate::uses::UsedKeys;

/// How often a request starts over because another commit came first. Each time somebody else made progress.
const ATTEMPTS_MAX: u32 = 64;

/// What a request leaves behind for its record.
#[derive(Default)]
pub(crate) struct Trace {
    pub shown: Option<Json>,
    pub told: Told,
    pub resources: Vec<Resource>,
    /// Of the first of the keys that it is about.
    pub key_spec: Option<&'static str>,
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
    /// Performs one request and appends its records. Its reply is to be awaited.
    pub async fn perform(&self, arrival: Arrival<'_>) -> Performed<'_> {
        let entry = arrival.asked.entry();
        let mut trace = Trace::default();
        if !self.can_record() {
            tracing::error!(request_id = %arrival.request_id, health = ?self.trail.health(), "the trail cannot be written");
            return Performed::refused(self, arrival.request_id, entry.map(|entry| entry.facts.name));
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
        let event = self.event_id();
        let tickets = self.record(&arrival, entry, outcome.err(), &trace, event);
        let (request_id, key_spec) = (arrival.request_id, trace.key_spec);
        if let Err(fault) = outcome {
            let reply = Reply { key_spec, ..refusal(fault, operation) };
            return Performed { kms: self, request_id, tickets, reply, used: None };
        }
        let used = trace.use_of.map(|(operation, keys)| Used { keys, operation, event });
        let body = result.and_then(Result::ok).unwrap_or_default();
        let reply = Reply { status: 200, body, operation, key_spec, error: None };
        Performed { kms: self, request_id, tickets, reply, used }
    }

    /// Whether a record could be written: what cannot be recorded is not begun.
    fn can_record(&self) -> bool {
        matches!(self.trail.health(), Health::Writing) || matches!(self.trail.probe(), Health::Writing)
    }

    /// Writes a record; it is as durable as the trail's setting says when this returns.
    pub(crate) async fn append(&self, record: &Record<'_>) -> Result<(), TrailError> {
        let ticket = self.trail.append(record)?;
        ticket.await
    }
}

/// What is noted of the keys once the reply may leave: of two uses, the later one.
struct Used {
    keys: UsedKeys,
    operation: TrackedOperation,
    event: EventId,
}

/// A request that was performed. It holds nothing of what the request came with: many may wait for their records to be
/// written together, and what each holds until then is neither small nor at hand for the next.
#[must_use = "the reply is to be awaited"]
pub struct Performed<'k> {
    kms: &'k Kms,
    request_id: RequestId,
    tickets: Result<(Ticket, Vec<Ticket>), TrailError>,
    reply: Reply,
    used: Option<Used>,
}

impl<'k> Performed<'k> {
    fn refused(kms: &'k Kms, request_id: RequestId, operation: Option<&'static str>) -> Performed<'k> {
        let reply = refusal(&Fault::Unavailable, operation);
        Performed { kms, request_id, tickets: Ok((Ticket::done(), Vec::new())), reply, used: None }
    }

    /// The reply, once the request's records are as durable as the trail's setting says; if they could not be written, it
    /// says no more than that the service is unavailable.
    pub async fn reply(self) -> Reply {
        let Performed { kms, request_id, tickets, reply, used } = self;
        let written = match tickets {
            Ok((ticket, copies)) => all_written(ticket, copies).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::error!(%request_id, operation = reply.operation, %error, "a request has no record");
            return refusal(&Fault::Unavailable, reply.operation);
        }
        if let Some(Used { keys, operation, event }) = used {
            keys.note(&LastUse { operation, at: kms.now(), event, request: request_id });
        }
        reply
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
                if O::FACTS.tells_key {
                    trace.told.response_elements = told_key(&trace.resources);
                }
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
    trace.key_spec = scope.keys().next().map(|key| key.record.spec.name());
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

/// The ARN of the key that a request touched, aliases aside.
fn told_key(resources: &[Resource]) -> Option<Json> {
    let key = resources.iter().find(|resource| resource.arn.contains(":key/"))?;
    Shown::new().text("keyId", &key.arn).done()
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
    Reply { status: fault.status(), body, operation, key_spec: None, error: Some(fault.code()) }
}

async fn all_written(ticket: Ticket, copies: Vec<Ticket>) -> Result<(), TrailError> {
    ticket.await?;
    for copy in copies {
        copy.await?;
    }
    Ok(())
}
