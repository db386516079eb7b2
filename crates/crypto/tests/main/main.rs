//! The message format, from outside: the permanent vectors, tampering, and keys that a message does not commit to.
#![allow(clippy::unwrap_used, reason = "a test fails where what it needs is missing")]

mod commitment;
mod refusals;
mod round_trip;
mod sample;
mod vectors;
