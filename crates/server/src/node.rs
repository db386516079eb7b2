//! What every connection of a node shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use claviger_audit::RequestId;
use claviger_crypto::Random;
use claviger_iam::Api;
use claviger_kms::{Fault, Kms};
use claviger_monitor::Metrics;
use claviger_names::Region;

use crate::Parts;
use crate::apis::Apis;
use crate::authenticate::Authenticator;
use crate::body::BodyLimits;

/// The Regions that a node serves, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    first: Region,
    sorted: Box<[Region]>,
}

impl Regions {
    /// These Regions; the first also stands in the records of requests that name none. None when there is none.
    pub fn new(regions: &[Region]) -> Option<Regions> {
        let mut sorted = regions.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        Some(Regions { first: *regions.first()?, sorted: sorted.into() })
    }

    /// The Region of this name, if it is served.
    pub(crate) fn find(&self, name: &str) -> Option<Region> {
        self.sorted
            .binary_search_by(|region| region.as_bytes().cmp(name.as_bytes()))
            .ok()
            .map(|at| self.sorted[at])
    }

    /// The Region that a request without one is recorded under.
    pub(crate) fn first(&self) -> Region {
        self.first
    }
}

/// A node, as its connections see it.
pub(crate) struct Node {
    pub kms: Arc<Kms>,
    pub api: Arc<Api>,
    pub apis: Apis,
    pub authenticator: Authenticator,
    pub regions: Regions,
    pub random: Arc<dyn Random>,
    pub metrics: Arc<Metrics>,
    pub body_limits: BodyLimits,
    draining: AtomicBool,
}

impl Node {
    /// A node of these parts that serves these APIs too.
    pub(crate) fn new(
        parts: &Parts,
        apis: Apis,
        authenticator: Authenticator,
        regions: Regions,
        body_limits: BodyLimits,
    ) -> Node {
        Node {
            kms: parts.kms.clone(),
            api: parts.api.clone(),
            apis,
            authenticator,
            regions,
            random: parts.random.clone(),
            metrics: parts.metrics.clone(),
            body_limits,
            draining: AtomicBool::new(false),
        }
    }

    /// A fresh request id; without randomness one of zeros, and the fault that refuses the request.
    pub(crate) fn request_id(&self) -> (RequestId, Result<(), Fault>) {
        let mut bytes = [0; 16];
        let filled = self.random.fill_public(&mut bytes).map_err(Fault::internal);
        (RequestId::from_random(bytes), filled)
    }

    /// Counts what operators watch for, whatever the API calls it.
    pub(crate) fn note_refusal(&self, status: u16, error: Option<&'static str>) {
        if status >= 500 {
            self.metrics.failed_here();
        }
        match error {
            Some("AccessDenied" | "AccessDeniedException") => self.metrics.denied(),
            Some("Throttling" | "ThrottlingException") => self.metrics.throttled(),
            Some(_) | None => {}
        }
    }

    /// From now on every answer asks its client to open another connection, elsewhere.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_found_in_any_order_and_the_first_stays_first() {
        let list = ["us-west-2", "eu-west-1", "us-west-2"].map(|name| name.parse().unwrap());
        let regions = Regions::new(&list).unwrap();
        assert_eq!(regions.first().as_str(), "us-west-2");
        assert_eq!(regions.find("eu-west-1"), Some(list[1]));
        assert_eq!(regions.find("eu-west-2"), None);
        assert_eq!(Regions::new(&[]), None);
    }
}
