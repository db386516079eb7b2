//! The gate: from what an operation asks for to a permit, or to the words of the refusal. It denies by default.

mod decide;
mod permit;
mod resolve;
mod scope;

pub(crate) use decide::Call;
pub(crate) use permit::{Permit, admit};
pub(crate) use scope::{
    AliasAsk, AliasGone, AliasMoved, AliasNew, KeyAsk, ListedAliases, NoKey, OneKey, Scope, TwoKeyAsk,
    TwoKeys,
};
