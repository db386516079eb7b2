//! What the server counts and measures of itself, in Prometheus's text format.

mod labels;
mod latency;
mod meter;
mod metrics;
mod otlp;
mod readings;

pub use labels::AuthenticationFailure;
pub use meter::OperationMeter;
pub use metrics::{CONTENT_TYPE, InFlight, Metrics};
pub use otlp::{Exported, otlp};
pub use readings::{CacheReading, ExpirationReading, FollowerReading};
