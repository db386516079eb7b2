//! AWS Signature Version 4: reading what a request claims, checking its scope and time, verifying it, and signing.
//!
//! The order is in the types: [`Claim::parse`] reads a signature, [`Claim::check_scope`] holds it against the clock
//! and the endpoint, [`CurrentClaim::verify`] against the caller's [`SigningKey`]; only then is there a [`Verified`].
//! Nothing here knows where secrets are kept or what the operations are.

mod canonical;
mod claim;
mod escape;
mod fault;
mod from_header;
mod from_query;
mod hex;
mod key;
mod request;
mod scope;
mod sign;
mod signed_headers;
mod time;

pub use claim::{Claim, CurrentClaim, Verified};
pub use fault::{Echo, FaultCode, HeaderPart, ScopeDate, ScopeFault, SigV4Fault, Window};
pub use from_query::QueryPart;
pub use key::SigningKey;
pub use request::Request;
pub use scope::Scope;
pub use sign::{AddedHeaders, BodyHash, Credentials, SignFault, Signing, sign_request};
pub use signed_headers::SignedHeaders;

/// The one signing algorithm that is accepted.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last element of every credential scope.
pub const TERMINATOR: &str = "aws4_request";

/// How far a signature's time may lie from the server's clock, either way.
pub const CLOCK_WINDOW_MINUTES: u32 = 5;

/// The longest life that a presigned URL may ask for: a week.
pub const PRESIGNED_LIFETIME_MAX_SECONDS: u32 = 604_800;

/// How much of a text that a caller sent is repeated to them in a message.
pub const ECHO_LIMIT_BYTES: usize = 1024;
