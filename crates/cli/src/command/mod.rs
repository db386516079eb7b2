//! The commands, one file each.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod clock;
pub(crate) mod dev;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod policy;
pub(crate) mod serve;
pub(crate) mod service;
mod target;

use claviger_kms::{Citation, Part};

/// How a statement is told of: `key policy, statement 2 "Allow use of the key"`.
fn cited(citation: &Citation) -> String {
    let Citation { part, policy, sid, number, .. } = citation;
    let sid = sid.as_ref().map(|sid| format!(" \"{sid}\"")).unwrap_or_default();
    match part {
        // A key has one policy.
        Part::KeyPolicy => format!("{part}, statement {number}{sid}"),
        _ => format!("{part} {policy}, statement {number}{sid}"),
    }
}
