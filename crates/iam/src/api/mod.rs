//! The IAM and STS APIs in the Query protocol: what their operations are, and the one path that they all take.

mod arrival;
mod ask;
mod authorize;
mod context;
mod fault;
mod iam;
mod operation;
mod pipeline;
mod record;
mod service;
mod sts;

use std::sync::Arc;

use claviger_audit::Trail;
use claviger_clock::Clock;
use claviger_crypto::Random;

use crate::{Directory, Issuers, Sessions};

pub use arrival::{Arrival, Reply, Sender};
pub use ask::Ask;
pub use authorize::authorize;
pub use fault::{Cause, Fault, Unauthenticated};
pub use operation::{Entry, Facts};
pub use record::{CallRecord, CallSender, WebSender};
pub use service::Service;

pub(crate) use operation::{Call, Operation, entry};

/// What the two APIs are made of.
pub struct ApiParts {
    /// Accounts and who acts in them.
    pub directory: Arc<Directory>,
    /// Makes and opens session tokens.
    pub sessions: Arc<Sessions>,
    /// The issuers of web identities that this deployment knows.
    pub issuers: Arc<Issuers>,
    /// Where every request is recorded.
    pub trail: Arc<Trail>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The time that clients sign with.
    pub signing_clock: Arc<dyn Clock>,
    /// Randomness for ids and secrets.
    pub random: Arc<dyn Random>,
}

/// A node's IAM and STS.
pub struct Api {
    pub(crate) directory: Arc<Directory>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) issuers: Arc<Issuers>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signing_clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    trail: Arc<Trail>,
}

impl Api {
    /// The APIs of these parts.
    pub fn new(parts: ApiParts) -> Api {
        let ApiParts { directory, sessions, issuers, trail, clock, signing_clock, random } = parts;
        Api { directory, sessions, issuers, clock, signing_clock, random, trail }
    }
}
