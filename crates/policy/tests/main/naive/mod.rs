//! A second reading of the documents, slow and plain, that the engine is held against.
//!
//! It interprets the JSON of policies directly and shares nothing with the engine. "Authorization" and "Conditions"
//! in its comments are the two reference sheets that the rules come from; "IAM" is the IAM user guide.

mod condition;
mod decide;
mod pattern;
mod principal;
mod statement;
mod typed;

pub(crate) use decide::{Applicable, Finding, Place, Way, applying_statements, decide};
pub(crate) use statement::Asked;
