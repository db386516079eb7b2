//! What is measured of one operation, ready to be counted without a look-up.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::labels::{KeyRequestLabels, OperationLabels, RequestLabels};
use crate::latency::Latency;

/// The code of a request that was answered as asked.
const SUCCESS: &str = "OK";

pub(crate) type Requests = Family<RequestLabels, Counter>;
pub(crate) type KeyRequests = Family<KeyRequestLabels, Counter>;
pub(crate) type Latencies = Family<OperationLabels, Latency>;

/// Where all operations are counted.
#[derive(Clone)]
pub(crate) struct Families {
    pub(crate) requests: Requests,
    pub(crate) key_requests: KeyRequests,
    pub(crate) latencies: Latencies,
    /// The specs that a key can have.
    pub(crate) key_specs: Arc<[&'static str]>,
}

/// The counters of one operation.
pub struct OperationMeter {
    pub(crate) operation: &'static str,
    succeeded: Counter,
    /// One for each key spec, made when it is first used: most operations never meet most of them.
    of_keys: Box<[OnceLock<Counter>]>,
    /// Made when the operation is first asked for: it has many series.
    latency: OnceLock<Latency>,
    families: Families,
}

impl OperationMeter {
    pub(crate) fn new(operation: &'static str, families: &Families) -> OperationMeter {
        let labels = RequestLabels { operation, code: SUCCESS };
        OperationMeter {
            operation,
            succeeded: families.requests.get_or_create_owned(&labels),
            of_keys: families.key_specs.iter().map(|_| OnceLock::new()).collect(),
            latency: OnceLock::new(),
            families: families.clone(),
        }
    }

    /// Counts one request that took this long; `error` is the code that its caller was told, if it failed.
    pub fn answered(&self, error: Option<&'static str>, took: Duration) {
        let labels = OperationLabels { operation: self.operation };
        self.latency.get_or_init(|| self.families.latencies.get_or_create_owned(&labels)).observe(took);
        match error {
            None => self.succeeded.inc(),
            Some(code) => {
                let labels = RequestLabels { operation: self.operation, code };
                self.families.requests.get_or_create(&labels).inc()
            }
        };
    }

    /// Counts one request that was about a key of this spec.
    pub fn answered_on_key(&self, key_spec: &'static str, error: Option<&'static str>) {
        let Some(at) = self.families.key_specs.iter().position(|known| *known == key_spec) else { return };
        let labels = |code| KeyRequestLabels { operation: self.operation, key_spec, code };
        match error {
            None => {
                let counter = || self.families.key_requests.get_or_create_owned(&labels(SUCCESS));
                self.of_keys[at].get_or_init(counter).inc()
            }
            Some(code) => self.families.key_requests.get_or_create(&labels(code)).inc(),
        };
    }
}
