//! To whom the metrics are pushed.

use claviger_web::WebUrl;
use serde::Deserialize;

use super::Seconds;
use crate::TelemetrySettings;

/// From one push to the next, unless configured.
const INTERVAL_SECONDS: u32 = 60;

/// To whom metrics are pushed, beside whoever asks for them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// The endpoint of an OpenTelemetry collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; https unless it
    /// is on this machine. Default: none.
    pub otlp_endpoint: Option<WebUrl>,
    /// Seconds from one push to the next. Default 60.
    pub interval_seconds: Seconds,
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry { otlp_endpoint: None, interval_seconds: Seconds::new(INTERVAL_SECONDS) }
    }
}

impl Telemetry {
    pub(super) fn settings(&self) -> Option<TelemetrySettings> {
        let interval = self.interval_seconds.duration();
        self.otlp_endpoint.clone().map(|endpoint| TelemetrySettings { endpoint, interval })
    }
}
