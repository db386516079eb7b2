//! The records that a request leaves: its own, the copies of other accounts whose keys it touched, and what it did in another
//! Region.

use claviger_audit::{
    EventId, EventType, Identity, Json, Record, RecordedError, Resource, SourceIp, Ticket, TrailError,
};
use claviger_clock::Timestamp;
use claviger_iam::{Caller, Principal, RecordedCaller};
use claviger_names::{AccountId, Region};

use crate::arrival::Arrival;
use crate::fault::Fault;
use crate::kms::Kms;
use crate::op::Entry;
use crate::pipeline::Trace;

/// Longest operation name of a caller that is recorded as it was sent.
const EVENT_NAME_BYTES_MAX: usize = 64;

/// What `eventSource` names.
const EVENT_SOURCE: &str = "kms.amazonaws.com";

/// What differs between the records of one request.
#[derive(Clone, Copy)]
struct Side<'a> {
    at: Timestamp,
    event_name: &'a str,
    region: Region,
    request_parameters: Option<&'a Json>,
    response_elements: Option<&'a Json>,
    additional_event_data: Option<&'a Json>,
    resources: &'a [Resource],
    /// What the copies of a call across accounts have in common.
    shared_event: Option<EventId>,
    /// Whose copy it is, where that is not the caller's.
    owner: Option<AccountId>,
}

impl Kms {
    /// Appends all of them; each is written when its ticket says so.
    pub(crate) fn record(
        &self,
        arrival: &Arrival<'_>,
        entry: Option<&Entry>,
        fault: Option<&Fault>,
        trace: &Trace,
        event: EventId,
    ) -> Result<(Ticket, Vec<Ticket>), TrailError> {
        let caller = arrival.admission.as_ref().ok().map(|credential| &credential.caller);
        let owners = owners(caller, fault, &trace.resources);
        let shared_event = if owners.is_empty() { None } else { Some(self.event_id()) };
        let here = Side {
            at: self.clock.now(),
            event_name: bounded(arrival.asked.name()),
            region: arrival.region,
            request_parameters: trace.shown.as_ref(),
            response_elements: trace.told.response_elements.as_ref(),
            additional_event_data: trace.told.additional_event_data.as_ref(),
            resources: &trace.resources,
            shared_event,
            owner: None,
        };
        let ticket = self.record_side(arrival, entry, fault, &here, event)?;
        let mut copies = Vec::new();
        for owner in owners {
            let own: Vec<_> =
                trace.resources.iter().filter(|resource| resource.account == owner).cloned().collect();
            let copy = Side { resources: &own, owner: Some(owner), ..here };
            copies.push(self.record_side(arrival, entry, fault, &copy, self.event_id())?);
        }
        let Some(elsewhere) = &trace.told.elsewhere else { return Ok((ticket, copies)) };
        let there = Side {
            at: here.at,
            event_name: elsewhere.event_name,
            region: elsewhere.region,
            request_parameters: elsewhere.shown.as_ref(),
            response_elements: elsewhere.response_elements.as_ref(),
            additional_event_data: None,
            resources: std::slice::from_ref(&elsewhere.resource),
            shared_event: None,
            owner: None,
        };
        copies.push(self.record_side(arrival, entry, fault, &there, self.event_id())?);
        Ok((ticket, copies))
    }

    /// A fresh name for a record; one of zeros is better than no record.
    pub(crate) fn event_id(&self) -> EventId {
        EventId::from_random(self.random_bytes().unwrap_or_default())
    }

    fn record_side(
        &self,
        arrival: &Arrival<'_>,
        entry: Option<&Entry>,
        fault: Option<&Fault>,
        side: &Side<'_>,
        event_id: EventId,
    ) -> Result<Ticket, TrailError> {
        let caller = arrival.admission.as_ref().ok().map(|credential| &credential.caller);
        let recorded = caller.map(|caller| RecordedCaller::new(caller, side.region));
        let invoker = recorded.as_ref().and_then(RecordedCaller::invoked_by);
        // Of another account's caller an owner sees the account and the id.
        let is_principal = |caller: &&Caller| !matches!(caller.principal, Principal::Service(_));
        let owner_sees = caller
            .filter(|_| side.owner.is_some())
            .filter(is_principal)
            .map(|caller| (caller.user_id(), caller.account));
        let message = fault.and_then(Fault::message);
        let record = Record {
            event_time: side.at,
            event_id,
            request_id: Some(arrival.request_id),
            event_source: EVENT_SOURCE,
            event_name: side.event_name,
            region: side.region.as_str(),
            source_ip: invoker.map_or(SourceIp::Address(arrival.source_ip), SourceIp::Service),
            user_agent: invoker.or(arrival.user_agent),
            identity: match &owner_sees {
                Some((principal_id, account)) => Identity::AwsAccount { principal_id, account: *account },
                None => identity(recorded.as_ref(), arrival.claimed_access_key_id),
            },
            error: fault
                .map(|fault| RecordedError { code: recorded_code(fault), message: message.as_deref() }),
            request_parameters: side.request_parameters,
            response_elements: side.response_elements,
            additional_event_data: side.additional_event_data,
            resources: side.resources,
            read_only: entry.is_some_and(|entry| entry.facts.read_only),
            event_type: EventType::ApiCall,
            recipient_account: side.owner.or_else(|| caller.map(|caller| recipient(caller, side.resources))),
            shared_event_id: side.shared_event,
            service_event_details: None,
            vpc_endpoint_id: None,
            tls: arrival.tls.filter(|_| invoker.is_none()),
            session_from_console: false,
        };
        self.trail.append(&record)
    }
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

/// The other accounts whose keys a request touched: each has a copy of its record. Whoever was denied access is shown to
/// nobody but the own account (developer guide, logging with CloudTrail).
fn owners(caller: Option<&Caller>, fault: Option<&Fault>, resources: &[Resource]) -> Vec<AccountId> {
    let Some(caller) = caller.filter(|_| !matches!(fault, Some(Fault::AccessDenied(_)))) else {
        return Vec::new();
    };
    let recipient = recipient(caller, resources);
    let mut owners = Vec::new();
    for resource in resources.iter().filter(|resource| resource.account != recipient) {
        if !owners.contains(&resource.account) {
            owners.push(resource.account);
        }
    }
    owners
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
