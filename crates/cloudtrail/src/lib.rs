//! CloudTrail: trails, the log files and signed digests that they deliver, and the API that manages them.

mod digest;
mod log_file;
mod name;
mod object_key;
mod signing_key;

pub use name::{MalformedTrailName, TrailName};
