//! Whom the ARNs of a saved policy meant when it was saved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::UniqueId;

/// The unique id behind each user and role ARN of a document. An ARN that is reused by somebody else means nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bindings(BTreeMap<Box<str>, UniqueId>);

impl Bindings {
    /// The id that an ARN was saved with.
    pub fn get(&self, arn: &str) -> Option<UniqueId> {
        self.0.get(arn).copied()
    }

    /// ARN and id of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, UniqueId)> {
        self.0.iter().map(|(arn, id)| (&**arn, *id))
    }

    /// Whether no user or role is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what an ARN means.
    pub fn insert(&mut self, arn: &str, id: UniqueId) {
        self.0.insert(arn.into(), id);
    }
}
