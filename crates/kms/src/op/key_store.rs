//! What the operations on custom key stores share. No cluster and no proxy can be reached from here, so no store ever
//! comes to exist.

mod backing;
mod placement;
mod rule;

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_crypto::Secret;
use claviger_wire::{Members, TextRule};
use serde::Serialize;

pub(crate) use self::backing::{Backing, Cluster, Proxy, check_one_kind};
pub(crate) use self::placement::{check_placement, no_store_for};
pub(crate) use self::rule::{CLUSTER_ID, NAME, PASSWORD, TRUST_ANCHOR};
use super::member::CUSTOM_KEY_STORE_ID;
use super::{Facts, KeyNames, PolicyType, States};

/// What a request that found its store would bring: a store, or its answer. There are none.
#[derive(Serialize)]
pub(crate) enum NoStore {}

/// A secret that was sent and kept to the model. It is overwritten at once: no store is there that would need it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Dropped;

/// A request that names a store, and nothing else.
pub(crate) struct NamedStore<'b>(Cow<'b, str>);

impl<'b> NamedStore<'b> {
    /// Takes CustomKeyStoreId.
    pub(crate) fn take(members: &mut Members<'b>) -> NamedStore<'b> {
        NamedStore(members.required_text("CustomKeyStoreId", &CUSTOM_KEY_STORE_ID))
    }

    /// Shows it in a record.
    pub(crate) fn show(&self) -> Shown {
        Shown::new().text("customKeyStoreId", &self.0)
    }
}

/// The facts of an operation on custom key stores.
pub(crate) const fn facts(name: &'static str, action: &'static str) -> Facts {
    Facts {
        policy: PolicyType::Iam,
        names: KeyNames::None,
        states: States::Any,
        has_output: true,
        ..Facts::of_key(name, action)
    }
}

/// Takes a secret text.
pub(crate) fn secret(members: &mut Members<'_>, name: &str, rule: &TextRule) -> Option<Dropped> {
    // A text with escapes is a copy beside the body.
    if let Cow::Owned(text) = members.secret_text(name, rule)? {
        drop(Secret::new(text.into_bytes()));
    }
    Some(Dropped)
}
