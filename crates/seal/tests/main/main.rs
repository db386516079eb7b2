//! The sealed store over the in-memory model: what it keeps secret, what it notices, and how its keys come and go.
#![allow(clippy::unwrap_used, reason = "a test fails where what it needs is missing")]

mod access;
mod bench;
mod domain_keys;
mod opening;
mod root_key_file;
mod tampering;
