//! `claviger policy`: looks for mistakes in policy documents, without a server.

use std::path::Path;

use claviger_policy::{Finding, KMS, Kind, lint};

use crate::arguments::{Policy, PolicyCommand, PolicyKind};
use crate::print::{self, Refusal};

pub(crate) fn run(options: &Policy) -> Result<(), Refusal> {
    let PolicyCommand::Check { file, kind } = &options.command;
    check(file, kind.kind())
}

/// Tells every finding on a line of its own, and fails when there is any.
fn check(file: &Path, kind: Kind) -> Result<(), Refusal> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let findings = lint(&text, kind, &KMS);
    for Finding { line, mistake } in &findings {
        print::line(&format!("{}:{line}: {mistake}", file.display()));
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err("one finding".into()),
        many => Err(format!("{many} findings").into()),
    }
}

impl PolicyKind {
    fn kind(self) -> Kind {
        match self {
            PolicyKind::Key => Kind::Key,
            PolicyKind::Identity => Kind::Identity,
            PolicyKind::Trust => Kind::Trust,
            PolicyKind::Scp => Kind::ServiceControl,
            PolicyKind::Rcp => Kind::ResourceControl,
        }
    }
}
