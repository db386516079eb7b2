//! The records of what the service does on its own.

use claviger_audit::{EventId, EventType, Identity, Record, Resource, ResourceKind, Shown, SourceIp};

use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::Key;

/// Records what was done with a key, for its owner.
pub(crate) async fn record(kms: &Kms, key: &Key, name: &'static str, details: Shown) -> Result<(), Fault> {
    let details = details.done();
    let resource = Resource { account: key.place.account, arn: key.arn.clone(), kind: ResourceKind::Key };
    let record = Record {
        event_time: kms.clock.now(),
        event_id: EventId::from_random(kms.random_bytes()?),
        request_id: None,
        event_source: "kms.amazonaws.com",
        event_name: name,
        region: key.place.region.as_str(),
        source_ip: SourceIp::Internal,
        user_agent: Some("AWS Internal"),
        identity: Identity::ServiceEvent { account: key.place.account },
        error: None,
        request_parameters: None,
        response_elements: None,
        additional_event_data: None,
        resources: &[resource],
        read_only: false,
        event_type: EventType::ServiceEvent,
        recipient_account: Some(key.place.account),
        shared_event_id: None,
        service_event_details: details.as_ref(),
        vpc_endpoint_id: None,
        tls: None,
        session_from_console: false,
    };
    kms.append(&record).await.map_err(Fault::internal)
}
