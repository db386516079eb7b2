//! The trail as its users meet it: records against the corpus, crashes, full disks, tampering.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails where what it needs is missing"
)]

mod crash;
mod disk_full;
mod flushing;
mod following;
mod format;
mod golden;
mod golden_identities;
mod index_agreement;
mod index_format;
mod indexing;
mod measure;
mod opening;
mod past;
mod property;
mod sample;
mod tampering;
mod writing;
