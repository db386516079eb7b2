//! What is accepted, and each way to be refused with its words.
#![allow(clippy::unwrap_used, reason = "what a test's own requests are made of is there")]

mod clock;
mod common;
mod corpus;
mod forwarded;
mod meaning;
mod properties;
mod refusals_of_headers;
mod refusals_of_presigned;
mod scope;
mod signing;
