//! What a service's policies can speak of: its actions, and the condition keys that each of them has.

use crate::pattern::{Pattern, Special};
use crate::value::Values;
use crate::vocabulary::{ConditionKey, Context};

/// A service's actions and condition keys, those of all services among them.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// The prefix of its actions.
    pub service: &'static str,
    /// Its actions.
    pub actions: &'static [Action],
    /// The condition keys.
    pub keys: &'static [Key],
}

/// An action.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// The name without the prefix.
    pub name: &'static str,
    /// What it is about.
    pub scope: Scope,
}

/// What an action is about, and so which policies have a say in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A key: its policy, and policies of users and roles.
    Key,
    /// An alias and a key: their policies have the say on the key.
    AliasAndKey,
    /// A key, but its policy has no say.
    KeyByIdentity,
    /// No resource: policies of users and roles alone.
    Account,
}

/// A condition key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As AWS writes it; one that ends in `:` or `/` is a family.
    pub name: &'static str,
    /// What its values are.
    pub form: Form,
    /// Whether it can have several.
    pub many: bool,
    /// Which actions have it.
    pub reach: Reach,
}

/// Which actions have a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of every service.
    Every,
    /// These of the service, by name.
    Actions(&'static [&'static str]),
    /// Those that are about a key, and these.
    KeysAnd(&'static [&'static str]),
    /// Those that are about a key, by policies of users and roles alone.
    KeysByIdentity,
}

/// What the values of a condition key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// The number of an account.
    Account,
    /// The name of an alias.
    Alias,
    /// The endpoint of a service in a Region.
    Endpoint,
    /// An ARN.
    Arn,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A point in time.
    Time,
    /// An IP address.
    Address,
}

/// A request that says nothing, for patterns without variables.
pub(super) struct Nothing;

impl Context for Nothing {
    fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
        Values::Absent
    }
}

/// Whether a pattern with `*` and `?` matches a text; case does not count.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    let special = Special { wildcards: true, variables: None };
    Pattern::compile(&pattern.to_ascii_lowercase(), special).matches(&text.to_ascii_lowercase(), &Nothing)
}

impl Catalogue {
    /// Whether an action, named without its prefix, can have a condition key. Of what is not in the catalogue that is
    /// not known, and so it can.
    pub fn may_have(&self, action: &str, key: &str) -> bool {
        match (self.actions.iter().find(|known| known.name == action), self.key(key)) {
            (Some(action), Some(key)) => action.has(key),
            (None, _) | (_, None) => true,
        }
    }

    /// The actions that a pattern matches.
    pub(super) fn matching(&self, pattern: &str) -> impl Iterator<Item = &'static Action> {
        let full = |action: &Action| format!("{}:{}", self.service, action.name);
        self.actions.iter().filter(move |action| covers(pattern, &full(action)))
    }

    /// Whether a pattern can be about this service.
    pub(super) fn is_about(&self, pattern: &str) -> bool {
        let prefix = pattern.split_once(':').map_or(pattern, |(prefix, _)| prefix);
        covers(prefix, self.service)
    }

    /// The condition key of this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        let lower = name.to_ascii_lowercase();
        let is = |key: &&Key| {
            let known = key.name.to_ascii_lowercase();
            let is_family = known.ends_with([':', '/']);
            lower == known && !is_family
                || is_family && lower.len() > known.len() && lower.starts_with(&known)
        };
        self.keys.iter().filter(is).max_by_key(|key| key.name.len())
    }
}

impl Action {
    /// Whether it has a condition key.
    pub(super) fn has(&self, key: &Key) -> bool {
        let is_about_key = self.scope != Scope::Account;
        match key.reach {
            Reach::Every => true,
            Reach::Actions(names) => names.contains(&self.name),
            Reach::KeysAnd(names) => is_about_key || names.contains(&self.name),
            Reach::KeysByIdentity => is_about_key,
        }
    }
}

impl Form {
    /// What it is, as the end of a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::OneOf(_) => "one of a few words",
            Form::Account => "the twelve digits of an account",
            Form::Alias => "an alias name such as alias/example",
            Form::Endpoint => "a service in a Region, such as s3.us-east-1.amazonaws.com",
            Form::Arn => "an ARN",
            Form::Flag => "true or false",
            Form::Number => "a number",
            Form::Time => "a point in time",
            Form::Address => "an IP address",
        }
    }
}
