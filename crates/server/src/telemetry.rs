//! The metrics, pushed to an OpenTelemetry collector: OTLP over HTTP, in JSON.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use claviger_monitor::{Exported, otlp};
use claviger_web::{MalformedWebUrl, Trust, WebClient, WebUrl};
use tokio::time::{MissedTickBehavior, interval};

use crate::operator::Operator;

/// Where collectors take metrics, below their endpoint.
const PATH: &str = "/v1/metrics";

/// To whom the metrics are pushed, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetrySettings {
    /// The collector's endpoint, such as `http://127.0.0.1:4318`.
    pub endpoint: WebUrl,
    /// From one push to the next.
    pub interval: Duration,
}

/// What pushes them.
pub(crate) struct Telemetry {
    client: WebClient,
    url: WebUrl,
    interval: Duration,
    instance: String,
}

impl Telemetry {
    /// What pushes the metrics of the node with this name.
    pub(crate) fn new(
        settings: TelemetrySettings,
        trust: Trust,
        instance: String,
    ) -> Result<Telemetry, MalformedWebUrl> {
        let TelemetrySettings { endpoint, interval } = settings;
        let url = WebUrl::try_from(format!("{}{PATH}", endpoint.text().trim_end_matches('/')))?;
        Ok(Telemetry { client: WebClient::new(Arc::new(trust)), url, interval, instance })
    }

    /// Pushes until it is dropped. What fails is told in the log once, until it goes well again; nothing is made up for,
    /// since every push tells all since the start.
    pub(crate) async fn run(self, operator: Arc<Operator>) {
        let (started_nanos, mut is_failing) = (nanos_now(), false);
        let mut due = interval(self.interval);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            match self.push(&operator, started_nanos).await {
                Ok(()) => is_failing = false,
                Err(error) if !std::mem::replace(&mut is_failing, true) => {
                    tracing::warn!(error, "metrics could not be pushed");
                }
                Err(_) => {}
            }
        }
    }

    async fn push(&self, operator: &Operator, started_nanos: u128) -> Result<(), String> {
        let text = operator.metrics_text().await.map_err(|error| error.to_string())?;
        let exported = Exported {
            version: env!("CARGO_PKG_VERSION"),
            instance: &self.instance,
            started_nanos,
            now_nanos: nanos_now(),
        };
        let body = Bytes::from(otlp(&text, &exported).to_string());
        let status = self.client.post(&self.url, &[], body).await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(()) } else { Err(format!("the collector answered {status}")) }
    }
}

/// The time of the machine, which collectors have too.
fn nanos_now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}
