//! What explanations and analyses tell, for people and machines.

use std::fmt;

use claviger_names::AccountId;
use claviger_policy::{Condition, Determining, Effect, PolicyKind};
use serde::{Deserialize, Serialize};

use crate::model::{ContextConstraint, GrantRecord};

/// The part that a policy plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the policy of its name")]
pub enum Part {
    KeyPolicy,
    IdentityPolicy,
    PermissionsBoundary,
    SessionPolicy,
    ServiceControlPolicy,
    ResourceControlPolicy,
    VpcEndpointPolicy,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the effect of its name")]
pub enum EffectTold {
    Allow,
    Deny,
}

/// A condition of a statement, as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionTold {
    /// The operator's name.
    pub operator: String,
    /// The condition key.
    pub key: String,
    /// What it is held against.
    pub values: Vec<String>,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The part that its policy plays.
    pub part: Part,
    /// The policy's name or ARN.
    pub policy: String,
    /// The statement's Sid.
    pub sid: Option<String>,
    /// Its place in the policy, from 1.
    pub number: usize,
    /// Whether it allows or denies.
    pub effect: EffectTold,
    /// Its conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionTold>,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedGrant {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// What it asks of a request, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
}

/// What was decided, and through what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// It may be done.
    Allowed {
        /// The statements that allow it; none where the root user needs none.
        by: Vec<Citation>,
        /// The grants that allow it where no policy does.
        grants: Vec<CitedGrant>,
    },
    /// It may be done by requests that meet conditions.
    Conditional {
        /// The statements that then allow it.
        by: Vec<Citation>,
        /// The grants that then allow it.
        grants: Vec<CitedGrant>,
        /// The statements whose conditions decide: those that allow must be met, those that deny must not.
        conditions: Vec<Citation>,
    },
    /// A statement denies it.
    Denied {
        /// The statement.
        by: Citation,
    },
    /// No policy of this part allows it, and no grant.
    NotAllowed {
        /// The part.
        lacking: Part,
    },
    /// Nobody may do it with a key of another account.
    OtherAccount,
}

/// What kind of principal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectKind {
    /// The root user of the key's account.
    Root,
    /// Another account: what the key's side gives it.
    Account,
    /// A user.
    User,
    /// A role.
    Role,
    /// A session of a role that is named itself.
    Session,
    /// A federated user that is named itself.
    FederatedUser,
    /// A service.
    Service,
    /// Whoever is in any account: what the key's side gives.
    Anyone,
}

/// A principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What kind it is.
    pub kind: SubjectKind,
    /// Its ARN, a service's name, or `*`.
    pub name: String,
    /// Its account.
    pub account: Option<AccountId>,
}

/// What a principal may do with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The principal.
    pub principal: Subject,
    /// Every action on a key, those of one outcome together.
    pub access: Vec<AccessGroup>,
    /// Whether it has more grants than were looked at.
    pub has_more_grants: bool,
}

/// Actions of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessGroup {
    /// The actions.
    pub actions: Vec<String>,
    /// Their outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A decision with everything that was weighed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Who asks, as policies name it.
    pub principal: String,
    /// For what.
    pub action: String,
    /// On what.
    pub resource: String,
    /// The decision.
    #[serde(flatten)]
    pub decision: Outcome,
    /// Every statement of every policy that applies, in the order of the policies.
    pub statements: Vec<WeighedStatement>,
    /// Every grant to the caller that was looked at.
    pub grants_considered: Vec<WeighedGrant>,
    /// Whether it has more grants than were looked at.
    pub has_more_grants: bool,
    /// Condition keys that statements ask for and the request lacks.
    pub absent_keys: Vec<String>,
}

/// A statement and what of it does not match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeighedStatement {
    /// The statement.
    #[serde(flatten)]
    pub statement: Citation,
    /// Why it says nothing about the request; none where it matches.
    pub miss: Option<String>,
}

/// A grant and why it does not serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeighedGrant {
    /// The grant.
    #[serde(flatten)]
    pub grant: CitedGrant,
    /// Why it does not allow the request; none where it does.
    pub miss: Option<String>,
}

impl From<PolicyKind> for Part {
    fn from(kind: PolicyKind) -> Part {
        match kind {
            PolicyKind::Identity => Part::IdentityPolicy,
            PolicyKind::Resource => Part::KeyPolicy,
            PolicyKind::Boundary => Part::PermissionsBoundary,
            PolicyKind::Session => Part::SessionPolicy,
            PolicyKind::ServiceControl => Part::ServiceControlPolicy,
            PolicyKind::ResourceControl => Part::ResourceControlPolicy,
            PolicyKind::VpcEndpoint => Part::VpcEndpointPolicy,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::KeyPolicy => "key policy",
            Part::IdentityPolicy => "identity-based policy",
            Part::PermissionsBoundary => "permissions boundary",
            Part::SessionPolicy => "session policy",
            Part::ServiceControlPolicy => "service control policy",
            Part::ResourceControlPolicy => "resource control policy",
            Part::VpcEndpointPolicy => "VPC endpoint policy",
        })
    }
}

impl Citation {
    /// The same of a statement that a verdict names.
    pub(super) fn of(statement: &Determining<'_>, effect: Effect) -> Citation {
        let told = |condition: &Condition| ConditionTold {
            operator: condition.operator.to_string(),
            key: condition.key.to_string(),
            values: condition.values.iter().map(ToString::to_string).collect(),
        };
        Citation {
            part: statement.kind.into(),
            policy: statement.policy.to_owned(),
            sid: statement.sid.map(str::to_owned),
            number: statement.number,
            effect: match effect {
                Effect::Allow => EffectTold::Allow,
                Effect::Deny => EffectTold::Deny,
            },
            conditions: statement.conditions.iter().map(told).collect(),
        }
    }
}

impl CitedGrant {
    /// The same of a grant that is stored.
    pub(super) fn of(record: &GrantRecord) -> CitedGrant {
        let constraints = &record.terms.constraints;
        let context = constraints.context.as_ref().map(|context| {
            let pairs: Vec<_> = context.pairs().iter().map(|(key, value)| format!("{key}={value}")).collect();
            let which = match context {
                ContextConstraint::Equals(_) => "is",
                ContextConstraint::Subset(_) => "has",
            };
            format!("the encryption context {which} {}", pairs.join(", "))
        });
        let source = constraints.source_arn.as_ref().map(|arn| format!("a service acts for {arn}"));
        CitedGrant {
            id: record.id.to_string(),
            name: record.terms.name.as_deref().map(str::to_owned),
            constraints: context.into_iter().chain(source).collect(),
        }
    }
}
