//! What the server counts and measures of itself, in Prometheus's text format.

pub mod cloudwatch;
mod courier;
pub mod events;
mod labels;
mod latency;
pub mod logs;
mod meter;
mod metrics;
mod otlp;
mod place;
mod readings;
mod watch;
mod watch_fault;

pub use courier::{Courier, MESSAGE_BYTES_MAX, Message, Unsent};
pub use labels::AuthenticationFailure;
pub use meter::OperationMeter;
pub use metrics::{CONTENT_TYPE, InFlight, Metrics};
pub use otlp::{Exported, otlp};
pub use readings::{CacheReading, DestinationReading, ExpirationReading, FollowerReading};
pub use watch::{Watch, WatchParts};
pub use watch_fault::WatchFault;
