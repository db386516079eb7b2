//! A small HTTP client: one request, bounded in size and time, to where an operator said, that goes nowhere else.

mod client;
mod trust;
mod url;

pub use client::{AGENT, WebClient, WebFailed};
pub use trust::{Trust, TrustError, provider};
pub use url::{MalformedWebUrl, WebUrl};
