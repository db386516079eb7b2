//! `claviger policy`: looks for mistakes in policy documents, and on a server for what they name.

use std::path::Path;

use claviger_policy::{Finding, KMS, Kind, lint};

use super::target::socket_of;
use crate::admin::{Analysis, Answer, FindingTold, Order, ask};
use crate::arguments::{CheckedAgainst, Policy, PolicyCommand, PolicyKind};
use crate::print::{self, Refusal};

pub(crate) fn run(options: &Policy) -> Result<(), Refusal> {
    let PolicyCommand::Check { file, kind, against } = &options.command;
    check(file, *kind, against)
}

/// Tells every finding on a line of its own, and fails when there is any.
fn check(file: &Path, kind: PolicyKind, against: &CheckedAgainst) -> Result<(), Refusal> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let told = |Finding { line, mistake }| FindingTold { line, mistake: mistake.to_string() };
    let mut findings: Vec<_> = lint(&text, kind.kind(), &KMS).into_iter().map(told).collect();
    if let Some(target) = against.target() {
        findings.extend(missing(&socket_of(&target)?, text, kind)?);
        findings.sort_by_key(|finding| finding.line);
    }
    for FindingTold { line, mistake } in &findings {
        print::line(&format!("{}:{line}: {mistake}", file.display()));
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err("one finding".into()),
        many => Err(format!("{many} findings").into()),
    }
}

/// What the document names and the server does not have.
fn missing(socket: &Path, document: String, kind: PolicyKind) -> Result<Vec<FindingTold>, Refusal> {
    match ask(socket, &Order::Analyse(Analysis::Check { document, kind }))? {
        Answer::Findings(findings) => Ok(findings),
        _ => Err("the server answered something else".into()),
    }
}

impl PolicyKind {
    /// The kind as documents are parsed.
    pub(crate) fn kind(self) -> Kind {
        match self {
            PolicyKind::Key => Kind::Key,
            PolicyKind::Identity => Kind::Identity,
            PolicyKind::Trust => Kind::Trust,
            PolicyKind::Scp => Kind::ServiceControl,
            PolicyKind::Rcp => Kind::ResourceControl,
        }
    }
}
