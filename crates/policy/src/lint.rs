//! Mistakes in a policy that is well-formed, and where they stand: what it says can never matter, or says too much.

mod catalogue;
mod conditions;
mod fault;
mod kms;
mod mistake;
mod reference;
mod statement;

use std::ops::Range;

use crate::document::{Document, Kind};

pub use catalogue::{Action, Catalogue, Form, Key, Reach, Scope};
pub use kms::KMS;
pub use mistake::Mistake;
pub use reference::{Reference, Referred, references};

/// A mistake and the line of the text that it stands on, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The line.
    pub line: usize,
    /// What is wrong there.
    pub mistake: Mistake,
}

/// Looks for mistakes in a text that is to be a policy of a kind, about the service of the catalogue. In the order of
/// the lines.
pub fn lint(text: &str, kind: Kind, catalogue: &Catalogue) -> Vec<Finding> {
    let document = match Document::parse(text, kind) {
        Ok(document) => document,
        Err(fault) => {
            let line = fault::fault_line(text, kind);
            return vec![Finding { line, mistake: Mistake::Malformed(fault) }];
        }
    };
    let mut findings = Vec::new();
    for statement in document.statements() {
        let mistakes = statement::mistakes(statement, kind, catalogue);
        let mistakes = mistakes.into_iter().chain(conditions::mistakes(statement, &document, catalogue));
        findings.extend(mistakes.map(|mistake| {
            let line = line_of(text, place(text, &statement.span, mistake.words()));
            Finding { line, mistake }
        }));
    }
    findings.sort_by_key(|finding| finding.line);
    findings.dedup();
    findings
}

/// Where the words of a mistake stand in a statement; its beginning when they are spelled otherwise.
fn place(text: &str, statement: &Range<usize>, words: Option<&str>) -> usize {
    let within = text.get(statement.clone()).unwrap_or("");
    let quoted = |words: &str| serde_json::to_string(words).ok().and_then(|quoted| within.find(&quoted));
    statement.start + words.and_then(quoted).unwrap_or(0)
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or(text).matches('\n').count()
}

#[cfg(test)]
mod tests;
