//! The server over real sockets: what clients send, what they get, and what the trail keeps of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "modules of one binary")]

mod authentication;
mod client;
mod configuration;
mod connections;
mod h2;
mod h2_limits;
mod node;
mod operator;
mod query;
mod refusals;
mod shutdown;
mod tls;
mod walk;
