//! What is measured of one operation, ready to be counted without a look-up.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::labels::{OperationLabels, RequestLabels};
use crate::latency::Latency;

/// The code of a request that was answered as asked.
const SUCCESS: &str = "OK";

pub(crate) type Requests = Family<RequestLabels, Counter>;
pub(crate) type Latencies = Family<OperationLabels, Latency>;

/// The counters of one operation.
#[derive(Debug)]
pub struct OperationMeter {
    pub(crate) operation: &'static str,
    succeeded: Counter,
    latency: Latency,
    requests: Requests,
}

impl OperationMeter {
    pub(crate) fn new(operation: &'static str, requests: &Requests, latencies: &Latencies) -> OperationMeter {
        OperationMeter {
            operation,
            succeeded: requests.get_or_create_owned(&RequestLabels { operation, code: SUCCESS }),
            latency: latencies.get_or_create_owned(&OperationLabels { operation }),
            requests: requests.clone(),
        }
    }

    /// Counts one request that took this long; `error` is the code that its caller was told, if it failed.
    pub fn answered(&self, error: Option<&'static str>, took: Duration) {
        self.latency.observe(took);
        match error {
            None => self.succeeded.inc(),
            Some(code) => {
                self.requests.get_or_create(&RequestLabels { operation: self.operation, code }).inc()
            }
        };
    }
}
