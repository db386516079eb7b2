//! AWS JSON 1.1: request bytes to members that keep to the API model, and answers to bytes.

mod constraint;
mod fault;
mod json;
mod members;
mod reply;

pub use constraint::{Bounds, Enumerated, Pattern, TextRule};
pub use fault::WireFault;
pub use json::{DEPTH_MAX, NODES_MAX, Value};
pub use members::Members;
pub use reply::{Base64, EpochSeconds, base64_bytes, error_body};
