//! The listener, TLS, configuration and wiring: from a connection's bytes to `kms.answer` and back. No rule of KMS is here.

mod apis;
mod authenticate;
mod body;
mod buckets;
pub mod config;
mod cores;
mod finish;
mod followers;
mod handle;
mod head;
mod http;
mod listen;
mod node;
mod operator;
mod query;
mod reply;
mod server;
mod telemetry;
mod tls;
mod watchdog;

pub use apis::Apis;
pub use buckets::{ConfiguredBuckets, OpenBucketError, S3Credentials};
pub use followers::{Followers, Overdue};
pub use node::Regions;
pub use server::{BindError, Cause, Drained, Parts, Server, Settings};
pub use telemetry::TelemetrySettings;
pub use tls::{TlsError, TlsFiles, TlsReload};
