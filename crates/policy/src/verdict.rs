//! What was decided, by which statement or for want of which policy, and how AWS says so.

use std::fmt;
use std::ops::Range;

use crate::decide::GrantAllow;
use crate::document::Condition;
use crate::operator::Operator;

/// The decision on a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// It may be done.
    Allowed(Because<'a>),
    /// It may not.
    Denied(Denial<'a>),
}

/// What allowed a request. Of the root user's implicit permissions there is nothing to name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Because<'a> {
    /// The statement of the resource's policy.
    pub resource: Option<Determining<'a>>,
    /// The statement of an identity policy, where one was needed.
    pub identity: Option<Determining<'a>>,
    /// The grant, where no policy allowed.
    pub grant: Option<GrantAllow>,
}

/// Why a request was denied.
#[derive(Clone, Debug, PartialEq)]
pub enum Denial<'a> {
    /// A statement denies it.
    Explicit(Determining<'a>),
    /// No policy of this kind allows it.
    NoAllow(PolicyKind),
}

/// A statement that determined a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determining<'a> {
    /// The kind of its policy.
    pub kind: PolicyKind,
    /// The policy's name or ARN, as given when it was compiled.
    pub policy: &'a str,
    /// The statement's Sid.
    pub sid: Option<&'a str>,
    /// Its place in the policy, from 1.
    pub number: usize,
    /// Where its braces stand in the policy's text, in bytes.
    pub span: Range<usize>,
    /// Its conditions, as written.
    pub conditions: &'a [Condition],
}

/// The part that a policy plays in a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to the principal.
    Identity,
    /// The resource's own.
    Resource,
    /// A permissions boundary.
    Boundary,
    /// Passed when the session was made.
    Session,
    /// Of the principal's account.
    ServiceControl,
    /// Of the resource's account.
    ResourceControl,
    /// Of the way that the request took.
    VpcEndpoint,
}

/// Which element of a statement does not match a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss<'a> {
    /// Principal or NotPrincipal.
    Principal,
    /// Action or NotAction, or there is neither.
    Action,
    /// Resource or NotResource, or there is neither.
    Resource,
    /// A condition.
    Condition {
        /// Its operator.
        operator: Operator,
        /// Its key as written.
        key: &'a str,
        /// Whether the request has no value for the key.
        absent: bool,
    },
    /// A policy variable that the request does not resolve.
    Variable {
        /// The variable's key as written.
        key: &'a str,
    },
}

impl Verdict<'_> {
    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Verdict::Allowed(_))
    }
}

impl Denial<'_> {
    /// The clause that ends AWS's message: what follows `… is not authorized to perform: A on resource: R `.
    pub fn clause(&self, action: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Denial::Explicit(by) => {
                let article = if by.kind == PolicyKind::Identity { "an" } else { "a" };
                write!(f, "with an explicit deny in {article} {}", by.kind)
            }
            Denial::NoAllow(kind) => write!(f, "because no {kind} allows the {action} action"),
        })
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PolicyKind::Identity => "identity-based policy",
            PolicyKind::Resource => "resource-based policy",
            PolicyKind::Boundary => "permissions boundary",
            PolicyKind::Session => "session policy",
            PolicyKind::ServiceControl => "service control policy",
            PolicyKind::ResourceControl => "resource control policy",
            PolicyKind::VpcEndpoint => "VPC endpoint policy",
        })
    }
}
