//! The domain: AWS KMS's operations, from parsed request to answer, with the gate between.

mod access;
mod arrival;
mod aws_managed;
mod cache;
mod duties;
mod fault;
mod gate;
mod grant_token;
mod keyspace;
mod kms;
mod model;
mod op;
mod pipeline;
mod rotation;
mod turns;

pub use access::{
    Access, AccessGroup, AccessPage, Agreement, Citation, CitedGrant, ConditionTold, Cursor, EffectTold,
    Explained, Hypothesis, KeyTold, Outcome, Part, RecordExplained, RecordedOutcome, Subject, SubjectKind,
    Unexplained, WeighedGrant, WeighedStatement,
};
pub use arrival::{Arrival, Reply};
pub use duties::DutyReport;
pub use fault::{Cause, Denial, Fault, Missing, StateClash, Unauthenticated};
pub use kms::{Kms, Parts};
pub use op::{
    Facts, GrantOperation, KeyNames, OPERATIONS, PolicyType, QuotaBucket, States, Usage,
    find as find_operation,
};
