//! What can be wrong with a policy that is well-formed.

use crate::fault::PolicyFault;
use crate::operator::Operator;

/// A mistake. Displays as a sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mistake {
    /// It is no policy.
    #[error("{0}")]
    Malformed(PolicyFault),
    /// An action pattern that matches no action.
    #[error("{action} matches no action of {service}")]
    UnknownAction {
        /// As written.
        action: Box<str>,
        /// The service's prefix.
        service: &'static str,
    },
    /// An action that a resource's policy has no say in.
    #[error("{0} has no effect in a key policy, only in policies of users and roles")]
    NotByResource(Box<str>),
    /// An action on resources that it is never about.
    #[error("{0} is never about the resources of this statement")]
    OtherResources(Box<str>),
    /// No action at all.
    #[error("the statement has no effect: it is about no action")]
    NoActions,
    /// No resource at all, or none that the policy is about.
    #[error("the statement has no effect: it is about no key (in a key policy, write \"*\" for this key)")]
    NoResources,
    /// Anyone in any account may.
    #[error("everyone in every account is allowed, without any condition")]
    Everyone,
    /// Anyone but some may.
    #[error("NotPrincipal with Allow lets in everyone else, in every account")]
    EveryoneElse,
    /// A condition key that does not exist.
    #[error("{0} is no condition key")]
    UnknownKey(Box<str>),
    /// A condition key that none of the statement's actions has.
    #[error("{0} is never present: no action of this statement has it")]
    KeyNeverPresent(Box<str>),
    /// A condition key that one of the allowed actions has not.
    #[error("{action} never has {key}, so this statement does not allow it")]
    KeyAbsent {
        /// The action.
        action: Box<str>,
        /// The condition key.
        key: Box<str>,
    },
    /// A condition without values.
    #[error("{0} is compared with no value")]
    NoValues(Box<str>),
    /// An operator that can do nothing with the key's values.
    #[error("{operator} never matches {key}, which is {is}")]
    OtherOperator {
        /// The operator.
        operator: Operator,
        /// The condition key.
        key: Box<str>,
        /// What its values are.
        is: &'static str,
    },
    /// A value that the key never has.
    #[error("{key} is never {value}: it is {is}")]
    OtherValue {
        /// The condition key.
        key: Box<str>,
        /// The value, as written.
        value: Box<str>,
        /// What its values are.
        is: &'static str,
    },
    /// ForAllValues over a key of one value: it holds when the key is absent.
    #[error("{0} has one value: ForAllValues holds also when it is absent")]
    EachOfOne(Box<str>),
    /// A plain operator over a key of several values.
    #[error("{0} can have several values: say ForAllValues or ForAnyValue")]
    OneOfMany(Box<str>),
    /// A principal that is not there, where it was looked for.
    #[error("{0} does not exist on this server")]
    NoPrincipal(Box<str>),
    /// A key or alias that is not there, where it was looked for.
    #[error("{0} is no key of this server")]
    NoKey(Box<str>),
    /// A policy variable where there are none.
    #[error("{0} is plain text in a document of version 2008-10-17, not a variable")]
    PlainVariable(Box<str>),
}

impl Mistake {
    /// The words of the document that it is about.
    pub(super) fn words(&self) -> Option<&str> {
        match self {
            Mistake::Malformed(_) | Mistake::NoActions => None,
            Mistake::NoResources => Some("Resource"),
            Mistake::Everyone => Some("Principal"),
            Mistake::EveryoneElse => Some("NotPrincipal"),
            Mistake::UnknownAction { action: words, .. }
            | Mistake::NotByResource(words)
            | Mistake::OtherResources(words)
            | Mistake::UnknownKey(words)
            | Mistake::KeyNeverPresent(words)
            | Mistake::KeyAbsent { key: words, .. }
            | Mistake::NoValues(words)
            | Mistake::OtherOperator { key: words, .. }
            | Mistake::OtherValue { value: words, .. }
            | Mistake::EachOfOne(words)
            | Mistake::OneOfMany(words)
            | Mistake::NoPrincipal(words)
            | Mistake::NoKey(words)
            | Mistake::PlainVariable(words) => Some(words),
        }
    }
}
