//! The one path of the APIs around the KMS (CloudTrail, CloudWatch, its Logs, EventBridge): parse, authorize, run, record.

mod arrival;
mod fault;
mod operation;
mod pipeline;
mod rate;
mod service;

pub use arrival::{Arrival, Body, Protocol, Reply};
pub use fault::{Cause, Fault, Told};
pub use operation::{Call, Done, Entry, Facts, Operation, entry};
pub use pipeline::{Api, Front, Serve, Served};
pub use rate::Rates;
pub use service::{QueryVersion, Service};

pub use claviger_audit::Shown;
pub use claviger_iam::Ask;
pub use claviger_wire::Answer;
