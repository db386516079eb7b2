//! The IAM policy language: documents are parsed and validated, compiled once, and decide requests.

mod arn;
mod compile;
mod condition;
mod decide;
mod document;
mod explain;
mod fault;
mod grammar;
mod json;
mod key_policy;
mod lint;
mod operator;
mod parse;
mod pattern;
mod principal;
mod shared;
mod value;
mod verdict;
mod vocabulary;
mod who;

#[cfg(test)]
mod fixture;

pub use compile::Policy;
pub use decide::{Applicable, GrantAllow, Request, decide};
pub use document::{Condition, Document, Effect, Element, Kind, Statement, Version};
pub use explain::{Explanation, Weighed, explain};
pub use fault::PolicyFault;
pub use key_policy::{KEY_POLICY_BYTES_MAX, KeyPolicy, default_key_policy};
pub use lint::{
    Action, Catalogue, Finding, Form, KMS, Key, Mistake, Reach, Reference, Referred, Scope, lint, references,
};
pub use operator::{Each, Operator, Order, Test};
pub use principal::PrincipalText;
pub use value::{Sequence, Value, Values};
pub use verdict::{Because, Denial, Determining, Miss, PolicyKind, Verdict};
pub use vocabulary::{ConditionKey, Context, Doubt, Vocabulary};
pub use who::Principal;
