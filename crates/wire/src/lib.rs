//! AWS JSON, Smithy's CBOR and AWS Query: request bytes to members that keep to the API model, and answers to bytes.

mod answer;
mod cbor;
mod constraint;
mod fault;
mod json;
mod members;
mod query;
mod reply;
mod xml;

pub use answer::Answer;
pub use constraint::{Bounds, Enumerated, Pattern, TextRule};
pub use fault::WireFault;
pub use json::{DEPTH_MAX, NODES_MAX, Value};
pub use members::Members;
pub use query::{QueryRequest, QuerySource};
pub use reply::{Base64, EpochSeconds, base64_bytes, error_body, write_json};
pub use xml::{Xml, percent_encoded, query_error, query_response};
