//! Orders that explain and analyse: they change nothing.

use std::path::PathBuf;
use std::sync::Arc;

use claviger_audit::{Trail, read_trail};
use claviger_kms::Unexplained;
use claviger_policy::{Mistake, Reference, Referred, references};
use serde_json::Value;

use super::listen::Administrator;
use super::protocol::{Analysis, Answer, FindingTold};
use crate::arguments::PolicyKind;

/// Where the records of requests are.
pub(crate) enum Records {
    /// In the files of this directory.
    Directory(PathBuf),
    /// In memory, as far as they are kept.
    Memory(Arc<Trail>),
}

impl Administrator {
    pub(super) async fn analyse(&self, analysis: Analysis) -> Answer {
        let result = match analysis {
            Analysis::Access { key, account, region, from } => {
                let page = self.kms.access(&key, account, region, from).await;
                page.map(|page| Answer::Access(Box::new(page)))
            }
            Analysis::Explain(hypothesis) => {
                self.kms.explain(&hypothesis).await.map(|told| Answer::Explained(Box::new(told)))
            }
            Analysis::ExplainRecord { id } => return self.explain_record(id).await,
            Analysis::Check { document, kind } => self.missing(&document, kind).await.map(Answer::Findings),
        };
        result.unwrap_or_else(|why| Answer::Refused(why.to_string()))
    }

    async fn explain_record(&self, id: String) -> Answer {
        let record = match self.records.find(id.clone()).await {
            Ok(Some(record)) => record,
            Ok(None) => {
                return Answer::Refused(format!(
                    "no record of this node has the request id or event id {id}"
                ));
            }
            Err(why) => return Answer::Refused(why),
        };
        match self.kms.explain_record(&record).await {
            Ok(told) => Answer::RecordExplained(Box::new(told)),
            Err(why) => Answer::Refused(why.to_string()),
        }
    }

    /// What a policy names that is not there.
    async fn missing(&self, document: &str, kind: PolicyKind) -> Result<Vec<FindingTold>, Unexplained> {
        let mut missing = Vec::new();
        for Reference { line, to } in references(document, kind.kind()) {
            let mistake = match to {
                Referred::Principal(principal) if self.kms.has_principal(&principal).await? => continue,
                Referred::Principal(principal) => Mistake::NoPrincipal(principal.text().into()),
                Referred::Key(arn) if self.kms.has_key(&arn).await? => continue,
                Referred::Key(arn) => Mistake::NoKey(arn),
            };
            missing.push(FindingTold { line, mistake: mistake.to_string() });
        }
        Ok(missing)
    }
}

impl Records {
    /// The record of this request id or event id. Reading files takes a while, and so is done beside everything else.
    async fn find(&self, id: String) -> Result<Option<String>, String> {
        match self {
            Records::Memory(trail) => Ok(trail.recent().into_iter().find(|record| is_of(record, &id))),
            Records::Directory(directory) => {
                let directory = directory.clone();
                let search = tokio::task::spawn_blocking(move || {
                    let records = read_trail(&directory).map_err(|error| error.to_string())?;
                    let found =
                        records.filter(|record| record.as_ref().map_or(true, |record| is_of(record, &id)));
                    found.take(1).next().transpose().map_err(|error| error.to_string())
                });
                search.await.map_err(|error| error.to_string())?
            }
        }
    }
}

/// Whether a record is the one of this request id or event id.
fn is_of(record: &str, id: &str) -> bool {
    // Nearly all are told apart without being taken apart.
    if id.is_empty() || !record.contains(id) {
        return false;
    }
    let Ok(record) = serde_json::from_str::<Value>(record) else { return false };
    ["requestID", "eventID"].iter().any(|name| record.get(*name).and_then(Value::as_str) == Some(id))
}
