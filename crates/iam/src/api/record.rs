//! The record that every request to IAM or STS leaves, whether it was done or refused.

use claviger_audit::{
    EventId, EventType, Identity, Record, RecordedError, RequestId, SourceIp, Tls, TrailError,
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
pub(crate) struct WebSender {
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

impl Api {
    pub(super) async fn record(
        &self,
        heading: &Heading<'_>,
        entry: Option<&'static Entry>,
        sender: Option<&Sender>,
        fault: Option<&Fault>,
        trace: &Trace,
    ) -> Result<(), TrailError> {
        let origin = &heading.origin;
        let caller = match sender {
            Some(Sender::Signed(credential)) => Some(&credential.caller),
            Some(Sender::Anonymous) | None => None,
        };
        let recorded = caller.map(|caller| RecordedCaller::new(caller, origin.region));
        let invoker = recorded.as_ref().and_then(RecordedCaller::invoked_by);
        let message = fault.and_then(Fault::message);
        let mut event_id = [0; 16];
        // A record without a random id is better than none.
        let _ = self.random.fill_public(&mut event_id);
        let record = Record {
            event_time: self.clock.now(),
            event_id: EventId::from_random(event_id),
            request_id: Some(heading.request_id),
            event_source: heading.service.event_source(),
            event_name: entry.map_or_else(|| bounded(heading.operation), |entry| entry.facts.name),
            region: origin.region.as_str(),
            source_ip: invoker.map_or(SourceIp::Address(origin.source_ip), SourceIp::Service),
            user_agent: invoker.or(origin.user_agent),
            identity: identity(recorded.as_ref(), trace.web_sender.as_ref(), heading),
            error: fault
                .map(|fault| RecordedError { code: fault.recorded_code(), message: message.as_deref() }),
            request_parameters: trace.shown.as_ref(),
            response_elements: trace.told.as_ref(),
            additional_event_data: None,
            resources: &trace.resources,
            read_only: entry.is_some_and(|entry| entry.facts.read_only),
            event_type: EventType::ApiCall,
            recipient_account: recipient(caller, trace),
            shared_event_id: None,
            service_event_details: None,
            vpc_endpoint_id: None,
            tls: heading.tls.filter(|_| invoker.is_none()),
            session_from_console: false,
        };
        self.append(&record).await
    }
}

fn identity<'a>(
    caller: Option<&'a RecordedCaller<'_>>,
    web: Option<&'a WebSender>,
    heading: &Heading<'a>,
) -> Identity<'a> {
    match (caller, web) {
        (Some(caller), _) => caller.identity(),
        (None, Some(WebSender { principal_id, user_name, provider })) => {
            Identity::WebIdentityUser { principal_id, user_name, identity_provider: provider }
        }
        (None, None) => Identity::Unidentified { access_key_id: heading.claimed_access_key_id },
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
