//! The engine against the corpus of cases, and against a naive second reading of the documents.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test's own files are made of is there")]
#![allow(clippy::print_stdout, reason = "the share of each kind of decision is worth seeing")]

mod corpus;
mod differential;
mod engine;
mod malformed;
mod naive;
mod world;
