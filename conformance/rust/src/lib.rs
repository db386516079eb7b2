//! The AWS SDK for Rust against a running server; all of it is in the tests.
