//! The record that every request to IAM or STS leaves, whether it was done or refused.

use claviger_audit::{
    EventId, EventType, Identity, Json, Record, RecordedError, RequestId, Resource, SourceIp, Tls, Trail,
    TrailError,
};
use claviger_clock::Timestamp;
use claviger_names::AccountId;
use claviger_wire::Members;

use super::pipeline::Trace;
use super::{Api, Arrival, Entry, Fault, Sender, Service};
use crate::{Caller, Origin, Principal, RecordedCaller};

/// Longest operation name of a caller that is recorded as it was sent.
const EVENT_NAME_BYTES_MAX: usize = 64;

/// What of a request is recorded whatever becomes of it.
pub(super) struct Heading<'a> {
    pub service: Service,
    pub operation: &'a str,
    pub origin: Origin<'a>,
    request_id: RequestId,
    claimed_access_key_id: Option<&'a str>,
    tls: Option<Tls<'a>>,
}

/// Who is behind a request that a provider of web identities vouched for.
pub struct WebSender {
    /// `provider:audience:subject`
    pub principal_id: Box<str>,
    /// The subject.
    pub user_name: Box<str>,
    /// Host and path of the provider.
    pub provider: Box<str>,
}

impl<'a> Arrival<'a> {
    /// What is recorded, and what is to be done.
    pub(super) fn split(self, now: Timestamp) -> (Heading<'a>, Result<(Sender, Members<'a>), Fault>) {
        let Arrival { service, operation, region, source_ip, user_agent, tls, source, .. } = self;
        let origin = Origin { region, now, source_ip, user_agent, is_secure: tls.is_some(), source };
        let Arrival { request_id, claimed_access_key_id, admission, .. } = self;
        (Heading { service, operation, origin, request_id, claimed_access_key_id, tls }, admission)
    }
}

/// The record of a call, whether it was done or refused.
pub struct CallRecord<'a> {
    /// Such as `iam.amazonaws.com`.
    pub event_source: &'a str,
    /// The operation, as AWS calls it or else as it was sent.
    pub event_name: &'a str,
    /// Names the request.
    pub request_id: RequestId,
    /// Where and when it came in.
    pub origin: Origin<'a>,
    /// The connection's TLS, if it has any.
    pub tls: Option<Tls<'a>>,
    /// Who sent it.
    pub sender: CallSender<'a>,
    /// What the caller was told, if it was refused.
    pub error: Option<RecordedError<'a>>,
    /// What it asked.
    pub shown: Option<&'a Json>,
    /// What it was answered.
    pub told: Option<&'a Json>,
    /// What it touched.
    pub resources: &'a [Resource],
    /// Whether the operation only reads.
    pub read_only: bool,
    /// Whose trail it is for.
    pub recipient: Option<AccountId>,
}

/// Who sent a call, as its record tells.
#[derive(Clone, Copy)]
pub enum CallSender<'a> {
    /// Whoever signed it.
    Signed(&'a Caller),
    /// Whoever a provider of web identities vouched for.
    Web(&'a WebSender),
    /// Nobody known.
    Unknown {
        /// The key id that it claimed.
        access_key_id: Option<&'a str>,
    },
}

impl CallRecord<'_> {
    /// Writes it to the trail, as done at this time.
    pub async fn append(&self, trail: &Trail, now: Timestamp, event_id: EventId) -> Result<(), TrailError> {
        let origin = &self.origin;
        let recorded = match self.sender {
            CallSender::Signed(caller) => Some(RecordedCaller::new(caller, origin.region)),
            CallSender::Web(_) | CallSender::Unknown { .. } => None,
        };
        let invoker = recorded.as_ref().and_then(RecordedCaller::invoked_by);
        let record = Record {
            event_time: now,
            event_id,
            request_id: Some(self.request_id),
            event_source: self.event_source,
            event_name: bounded(self.event_name),
            region: origin.region.as_str(),
            source_ip: invoker.map_or(SourceIp::Address(origin.source_ip), SourceIp::Service),
            user_agent: invoker.or(origin.user_agent),
            identity: identity(recorded.as_ref(), self.sender),
            error: self.error,
            request_parameters: self.shown,
            response_elements: self.told,
            additional_event_data: None,
            resources: self.resources,
            read_only: self.read_only,
            event_type: EventType::ApiCall,
            recipient_account: self.recipient,
            shared_event_id: None,
            service_event_details: None,
            vpc_endpoint_id: None,
            tls: self.tls.filter(|_| invoker.is_none()),
            session_from_console: false,
        };
        trail.append(&record)?.await
    }
}

fn identity<'a>(recorded: Option<&'a RecordedCaller<'_>>, sender: CallSender<'a>) -> Identity<'a> {
    match (recorded, sender) {
        (Some(caller), _) => caller.identity(),
        (None, CallSender::Web(WebSender { principal_id, user_name, provider })) => {
            Identity::WebIdentityUser { principal_id, user_name, identity_provider: provider }
        }
        (None, CallSender::Unknown { access_key_id }) => Identity::Unidentified { access_key_id },
        (None, CallSender::Signed(_)) => Identity::Unidentified { access_key_id: None },
    }
}

impl Api {
    pub(super) async fn record(
        &self,
        heading: &Heading<'_>,
        entry: Option<&'static Entry>,
        sender: Option<&Sender>,
        fault: Option<&Fault>,
        trace: &Trace,
    ) -> Result<(), TrailError> {
        let caller = match sender {
            Some(Sender::Signed(credential)) => Some(&credential.caller),
            Some(Sender::Anonymous) | None => None,
        };
        let message = fault.and_then(Fault::message);
        let mut event_id = [0; 16];
        // A record without a random id is better than none.
        let _ = self.random.fill_public(&mut event_id);
        let record = CallRecord {
            event_source: heading.service.event_source(),
            event_name: entry.map_or(heading.operation, |entry| entry.facts.name),
            request_id: heading.request_id,
            origin: heading.origin,
            tls: heading.tls,
            sender: match (caller, &trace.web_sender) {
                (Some(caller), _) => CallSender::Signed(caller),
                (None, Some(sender)) => CallSender::Web(sender),
                (None, None) => CallSender::Unknown { access_key_id: heading.claimed_access_key_id },
            },
            error: fault
                .map(|fault| RecordedError { code: fault.recorded_code(), message: message.as_deref() }),
            shown: trace.shown.as_ref(),
            told: trace.told.as_ref(),
            resources: &trace.resources,
            read_only: entry.is_some_and(|entry| entry.facts.read_only),
            recipient: recipient(caller, trace),
        };
        record.append(&self.trail, self.clock.now(), EventId::from_random(event_id)).await
    }
}

/// Whose trail the record is for: a service has none, so whoever's account it asked about.
fn recipient(caller: Option<&Caller>, trace: &Trace) -> Option<AccountId> {
    match caller {
        Some(Caller { principal: Principal::Service(_), account, .. }) => trace.account.or(Some(*account)),
        Some(caller) => Some(caller.account),
        None => trace.account,
    }
}

fn bounded(name: &str) -> &str {
    &name[..name.floor_char_boundary(EVENT_NAME_BYTES_MAX)]
}
