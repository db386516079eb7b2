//! Names of users, groups, roles, policies and sessions: one alphabet, a type for each.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Longest name that a request may carry; for what is created the operations allow less.
const NAME_BYTES_MAX: usize = 128;

/// 1 to 128 letters, digits and `_+=,.@-`. Two names that differ only in case name the same thing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<Of> {
    text: Box<str>,
    of: PhantomData<Of>,
}

/// The text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to {NAME_BYTES_MAX} letters, digits and _+=,.@-")]
pub struct MalformedName;

/// Declares what a [`Name`] can be the name of.
mod of {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum User {}
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Group {}
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Role {}
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Policy {}
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Session {}
}

/// The name of a user.
pub type UserName = Name<of::User>;
/// The name of a group.
pub type GroupName = Name<of::Group>;
/// The name of a role.
pub type RoleName = Name<of::Role>;
/// The name of a managed or inline policy.
pub type PolicyName = Name<of::Policy>;
/// The name of a role session or federated user.
pub type SessionName = Name<of::Session>;

impl<Of> Name<Of> {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as it is kept unique: in lower case.
    pub(crate) fn folded(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

impl<Of> AsRef<str> for Name<Of> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Whether a text is made of the letters of names.
pub(crate) fn has_name_letters(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

impl<Of> FromStr for Name<Of> {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<Name<Of>, MalformedName> {
        match (1..=NAME_BYTES_MAX).contains(&text.len()) && has_name_letters(text) {
            true => Ok(Name { text: text.into(), of: PhantomData }),
            false => Err(MalformedName),
        }
    }
}

impl<Of> fmt::Display for Name<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<Of> fmt::Debug for Name<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<Of> serde::Serialize for Name<Of> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, Of> serde::Deserialize<'de> for Name<Of> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_case_and_folds_to_lower_case() {
        let name: UserName = "Alice_+=,.@-9".parse().unwrap();
        assert_eq!((name.as_str(), name.folded().as_str()), ("Alice_+=,.@-9", "alice_+=,.@-9"));
        for wrong in ["", "a/b", "a b", "é", &"x".repeat(129)] {
            assert_eq!(wrong.parse::<RoleName>(), Err(MalformedName), "{wrong}");
        }
    }
}
