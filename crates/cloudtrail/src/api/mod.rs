//! CloudTrail's API: one file an operation.

mod create_trail;
mod delete_trail;
mod describe_trails;
mod get_event_selectors;
mod get_trail;
mod get_trail_status;
mod list_public_keys;
mod list_trails;
mod lookup_events;
mod reference;
mod refusal;
mod settings;
mod start_logging;
mod stop_logging;
mod update_trail;

use std::sync::Arc;

use claviger_api::{Api, Entry, Service, entry};
use claviger_audit::Index;
use claviger_crypto::Random;
use claviger_seal::SealedStore;

use tokio::sync::Semaphore;

use crate::Buckets;

pub(crate) use refusal::Refusal;

/// Look-ups that are made at a time: each may read much.
pub const LOOK_UPS_AT_A_TIME: usize = 2;

/// What the operations work with.
pub struct CloudTrail {
    /// Where trails are.
    pub store: Arc<SealedStore>,
    /// Where log files can go.
    pub buckets: Arc<dyn Buckets>,
    /// What happened.
    pub index: Arc<Index>,
    /// Whose turn it is to look it up.
    pub look_ups: Semaphore,
    /// Randomness for the ids of trails.
    pub random: Arc<dyn Random>,
}

impl Api for CloudTrail {
    const SERVICE: Service = Service {
        event_source: "cloudtrail.amazonaws.com",
        signing_names: &["cloudtrail"],
        targets: &["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "CloudTrail_20131101"],
        query: None,
        cbor_namespace: None,
        invalid: "ValidationException",
    };

    const OPERATIONS: &'static [Entry<CloudTrail>] = &[
        entry::<create_trail::CreateTrail>(),
        entry::<delete_trail::DeleteTrail>(),
        entry::<describe_trails::DescribeTrails>(),
        entry::<get_event_selectors::GetEventSelectors>(),
        entry::<get_trail::GetTrail>(),
        entry::<get_trail_status::GetTrailStatus>(),
        entry::<list_public_keys::ListPublicKeys>(),
        entry::<list_trails::ListTrails>(),
        entry::<lookup_events::LookupEvents>(),
        entry::<start_logging::StartLogging>(),
        entry::<stop_logging::StopLogging>(),
        entry::<update_trail::UpdateTrail>(),
    ];
}
