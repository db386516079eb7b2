//! The domain: AWS KMS's operations, from parsed request to answer, with the gate between.

mod access;
mod arrival;
mod aws_managed;
mod cache;
mod duties;
mod exertion;
mod expiry;
mod fault;
mod gate;
mod generation;
mod grant_token;
mod import_token;
mod keyspace;
mod kms;
mod model;
mod op;
mod pipeline;
mod quota;
mod readings;
mod recording;
mod related;
mod rotation;
mod turns;
mod uses;

pub use access::{
    Access, AccessGroup, AccessPage, Agreement, Citation, CitedGrant, ConditionTold, Cursor, EffectTold,
    Explained, Hypothesis, KeyTold, Outcome, Part, RecordExplained, RecordedOutcome, Subject, SubjectKind,
    Unexplained, WeighedGrant, WeighedStatement,
};
pub use arrival::{Arrival, Asked, Reply};
pub use claviger_cache::Fill;
pub use duties::DutyReport;
pub use fault::{Cause, Denial, Fault, Missing, StateClash, Unauthenticated, WaitingMaterial};
pub use keyspace::ALIASES_PER_KEY_MAX;
pub use kms::{Kms, Parts};
pub use op::{Facts, GrantOperation, KeyNames, KeyUsage, OPERATIONS, PolicyType, QuotaBucket, States};
pub use pipeline::Performed;
pub use quota::{Quotas, RequestQuota, UnknownQuota};
pub use readings::{Expiration, key_specs};
