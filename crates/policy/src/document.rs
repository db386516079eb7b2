//! A policy document as it was understood.

use std::collections::HashSet;
use std::ops::Range;

use crate::fault::PolicyFault;
use crate::operator::Operator;
use crate::pattern::variables_of;
use crate::principal::PrincipalText;

/// The kinds of documents; each has its own grammar and its own words for faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key's policy; a VPC endpoint's has the same grammar.
    Key,
    /// An inline policy of a user, group or role, or a permissions boundary.
    Identity,
    /// A customer managed policy: an identity policy of the current version.
    Managed,
    /// A policy passed to STS for one session.
    Session,
    /// Who may assume a role.
    Trust,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 2008-10-17, also when no version is stated: `${…}` is plain text.
    V2008,
    /// 2012-10-17
    V2012,
}

/// A policy document: at least one statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub(crate) kind: Kind,
    pub(crate) version: Version,
    pub(crate) id: Option<Box<str>>,
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The statement's name; need not be unique in a key policy.
    pub sid: Option<Box<str>>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Principal or NotPrincipal.
    pub principals: Option<Element<PrincipalText>>,
    /// Action or NotAction: patterns.
    pub actions: Option<Element<Box<str>>>,
    /// Resource or NotResource: patterns.
    pub resources: Option<Element<Box<str>>>,
    /// What else must hold, all of it.
    pub conditions: Vec<Condition>,
    /// Where the statement's braces stand in the text, in bytes.
    pub span: Range<usize>,
}

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allow
    Allow,
    /// Deny
    Deny,
}

/// An element that comes in two forms, such as Action and NotAction.
#[derive(Clone, Debug, PartialEq)]
pub enum Element<T> {
    /// Any of these.
    Only(Vec<T>),
    /// None of these: the form that begins with Not.
    Except(Vec<T>),
}

/// One key of an operator's block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How the values are compared.
    pub operator: Operator,
    /// The condition key as written.
    pub key: Box<str>,
    /// The values; numbers and booleans as their text.
    pub values: Vec<Box<str>>,
}

impl Kind {
    /// Whether statements of this kind apply to whomever the policy is attached to, and must not name a principal.
    pub(crate) fn is_attached(self) -> bool {
        matches!(self, Kind::Identity | Kind::Managed | Kind::Session | Kind::ServiceControl)
    }
}

impl Document {
    /// The kind it was parsed as.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The version stated, or the old one.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The Id element.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Every principal of every statement, excepted ones too.
    pub fn principals(&self) -> impl Iterator<Item = &PrincipalText> {
        self.statements.iter().filter_map(|statement| statement.principals.as_ref()).flat_map(Element::items)
    }

    /// Every action pattern as written, excepted ones too.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let elements = self.statements.iter().filter_map(|statement| statement.actions.as_ref());
        elements.flat_map(Element::items).map(|action| &**action)
    }

    /// Every condition key that a condition or a policy variable names: once, ignoring case, as first written.
    pub fn condition_keys(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let keys = self.statements.iter().flat_map(|statement| statement.condition_keys(self.version));
        keys.filter(|key| seen.insert(key.to_ascii_lowercase())).collect()
    }

    /// What is said of a principal that does not exist.
    pub fn invalid_principal(&self, principal: &PrincipalText) -> PolicyFault {
        principal.invalid(self.kind)
    }
}

impl Statement {
    fn condition_keys(&self, version: Version) -> impl Iterator<Item = &str> {
        let conditions = self.conditions.iter();
        let keys = conditions.clone().map(|condition| &*condition.key);
        let resources = self.resources.iter().flat_map(Element::items);
        let texts = resources.chain(conditions.flat_map(|condition| &condition.values));
        let variables = texts.filter(move |_| version == Version::V2012).flat_map(|text| variables_of(text));
        keys.chain(variables)
    }
}

impl<T> Element<T> {
    /// What is listed, whichever way.
    pub fn items(&self) -> &[T] {
        match self {
            Element::Only(items) | Element::Except(items) => items,
        }
    }
}
