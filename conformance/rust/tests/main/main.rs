//! What a Rust program does with AWS KMS, done with Claviger.

#![expect(
    clippy::expect_used,
    reason = "helpers of tests: what is not as expected ends the test and says so"
)]

mod data;
mod keys;
mod server;
