//! The gate: from what an operation asks for to a permit, or to the words of the refusal. It denies by default.

mod circumstances;
mod decide;
mod grants;
mod permit;
mod resolve;
mod retired;
mod scope;
mod scope_regions;
mod stated;

pub(crate) use circumstances::{KEY_POLICY_VOCABULARY, KeyView};
pub(crate) use decide::{Call, Question, Sides};
pub(crate) use grants::{allowing as allowing_grant, handles as grantee_handles, holds as grant_holds};
pub(crate) use permit::{Permit, admit};
pub(crate) use retired::{Retirable, Retired, RetiredAsk};
pub(crate) use scope::{
    AliasAsk, AliasGone, AliasMoved, AliasNew, KeyAsk, ListedAliases, NoKey, OneKey, Scope, TwoKeyAsk,
    TwoKeys,
};
pub(crate) use scope_regions::{Handover, RegionAsk, Replicated};
pub(crate) use stated::{Particulars, Stated};
