//! The gate: from what an operation asks for to a permit, or to the words of the refusal. It denies by default.

mod circumstances;
mod decide;
mod grants;
mod permit;
mod resolve;
mod retired;
mod scope;
mod stated;

pub(crate) use circumstances::{KEY_POLICY_VOCABULARY, KeyView};
pub(crate) use decide::Call;
pub(crate) use permit::{Permit, admit};
pub(crate) use retired::{Retirable, Retired, RetiredAsk};
pub(crate) use scope::{
    AliasAsk, AliasGone, AliasMoved, AliasNew, KeyAsk, ListedAliases, NoKey, OneKey, Scope, TwoKeyAsk,
    TwoKeys,
};
pub(crate) use stated::Stated;
