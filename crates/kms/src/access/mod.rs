//! Who may do what with a key, and why a request is decided as it is: told from the same decisions that requests meet.

mod caller;
mod existing;
mod explain;
mod fault;
mod matrix;
mod question;
mod recorded;
mod recorded_request;
mod subjects;
mod supposed;
mod told;

pub use explain::Hypothesis;
pub use fault::Unexplained;
pub use recorded::{Agreement, RecordExplained, RecordedOutcome};
pub use subjects::{AccessPage, Cursor, KeyTold};
pub use told::{
    Access, AccessGroup, Citation, CitedGrant, ConditionTold, EffectTold, Explained, Outcome, Part, Subject,
    SubjectKind, WeighedGrant, WeighedStatement,
};
