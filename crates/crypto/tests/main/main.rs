//! The crate from outside: the message format with its permanent vectors, and keys of every kind with those of others.
#![allow(clippy::unwrap_used, reason = "a test fails where what it needs is missing")]
#![allow(clippy::print_stdout, reason = "a test of vectors tells how many there were")]

mod commitment;
mod imports;
mod keys;
mod operations;
mod private_keys;
mod refusals;
mod round_trip;
mod sample;
mod sm2;
mod vectors;
mod wycheproof;
