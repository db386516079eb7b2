//! A grant: whom it lets do what with one key, and within which constraints.

use std::collections::BTreeMap;

use claviger_clock::Timestamp;
use claviger_crypto::Context;
use claviger_iam::UniqueId;
use claviger_names::AccountId;
use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};

use super::{GrantId, KeyKind, KeySpec, KeyUsage};
use crate::fault::Fault;

/// What is stored of a grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    pub id: GrantId,
    pub created: Timestamp,
    /// The account that made it.
    pub issuer: AccountId,
    pub terms: GrantTerms,
}

/// What a request for a grant settles: two requests with one name and the same terms mean one grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrantTerms {
    pub name: Option<Box<str>>,
    pub grantee: Party,
    pub retiring: Option<Party>,
    /// Sorted, each once.
    pub operations: Vec<GrantOperation>,
    pub constraints: Constraints,
}

/// What a grant would let be done, as policies and other grants see it.
#[derive(Clone, Copy)]
pub(crate) struct GrantAsk<'r> {
    pub operations: &'r Vec<GrantOperation>,
    pub constraints: &'r Constraints,
    pub grantee: PartyName<'r>,
    pub retiring: Option<PartyName<'r>>,
}

/// Whom a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartyName<'r> {
    /// By ARN.
    Principal(&'r str),
    /// An AWS service.
    Service(&'r str),
}

/// Whom a grant names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Party {
    /// A user or role, which keeps its rights under a new name and leaves none to whoever takes over the old one.
    Identity { arn: Box<str>, id: UniqueId },
    /// A session of a role, or a federated user.
    Session { arn: Box<str> },
    /// An account: its ARN.
    Account { arn: Box<str>, account: AccountId },
    /// An AWS service.
    Service { name: Box<str> },
}

/// When a grant holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Constraints {
    pub context: Option<ContextConstraint>,
    pub source_arn: Option<Box<str>>,
}

/// What a grant asks of the encryption context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ContextConstraint {
    /// Exactly these pairs.
    Equals(BTreeMap<Box<str>, Box<str>>),
    /// These pairs, and any others.
    Subset(BTreeMap<Box<str>, Box<str>>),
}

/// An operation that a grant can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the operation of its name")]
pub enum GrantOperation {
    CreateGrant,
    Decapsulate,
    Decrypt,
    DeriveSharedSecret,
    DescribeKey,
    Encapsulate,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyPair,
    GenerateDataKeyPairWithoutPlaintext,
    GenerateDataKeyWithoutPlaintext,
    GenerateMac,
    GetPublicKey,
    ReEncryptFrom,
    ReEncryptTo,
    RetireGrant,
    Sign,
    Verify,
    VerifyMac,
}

impl GrantOperation {
    /// The operation's name in the API.
    pub(crate) fn name(self) -> &'static str {
        GrantOperation::NAMES.iter().find(|(_, operation)| *operation == self).map_or("", |(name, _)| name)
    }

    /// Whether a key of this spec and usage has it.
    pub(crate) fn is_of(self, spec: KeySpec, usage: KeyUsage) -> bool {
        use GrantOperation::*;
        match self {
            CreateGrant | DescribeKey | RetireGrant => true,
            Encrypt | Decrypt | ReEncryptFrom | ReEncryptTo => usage == KeyUsage::ENCRYPT_DECRYPT,
            GenerateDataKey
            | GenerateDataKeyPair
            | GenerateDataKeyPairWithoutPlaintext
            | GenerateDataKeyWithoutPlaintext => spec.kind() == KeyKind::Symmetric,
            GetPublicKey => spec.kind() == KeyKind::Asymmetric,
            Sign | Verify => usage == KeyUsage::SIGN_VERIFY,
            GenerateMac | VerifyMac => usage == KeyUsage::GENERATE_VERIFY_MAC,
            DeriveSharedSecret => usage == KeyUsage::KEY_AGREEMENT,
            Encapsulate | Decapsulate => usage == KeyUsage::ENCAPSULATE_DECAPSULATE,
        }
    }

    /// Whether a constraint on the encryption context matters to it (developer guide, grant constraints).
    pub(crate) fn minds_context(self) -> bool {
        use GrantOperation::*;
        match self {
            CreateGrant
            | Decrypt
            | Encrypt
            | GenerateDataKey
            | GenerateDataKeyPair
            | GenerateDataKeyPairWithoutPlaintext
            | GenerateDataKeyWithoutPlaintext
            | ReEncryptFrom
            | ReEncryptTo => true,
            Decapsulate | DeriveSharedSecret | DescribeKey | Encapsulate | GenerateMac | GetPublicKey
            | RetireGrant | Sign | Verify | VerifyMac => false,
        }
    }
}

impl AsRef<str> for GrantOperation {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl Enumerated for GrantOperation {
    const NAMES: &'static [(&'static str, GrantOperation)] = &[
        ("Decrypt", GrantOperation::Decrypt),
        ("Encrypt", GrantOperation::Encrypt),
        ("GenerateDataKey", GrantOperation::GenerateDataKey),
        ("GenerateDataKeyWithoutPlaintext", GrantOperation::GenerateDataKeyWithoutPlaintext),
        ("ReEncryptFrom", GrantOperation::ReEncryptFrom),
        ("ReEncryptTo", GrantOperation::ReEncryptTo),
        ("Sign", GrantOperation::Sign),
        ("Verify", GrantOperation::Verify),
        ("GetPublicKey", GrantOperation::GetPublicKey),
        ("CreateGrant", GrantOperation::CreateGrant),
        ("RetireGrant", GrantOperation::RetireGrant),
        ("DescribeKey", GrantOperation::DescribeKey),
        ("GenerateDataKeyPair", GrantOperation::GenerateDataKeyPair),
        ("GenerateDataKeyPairWithoutPlaintext", GrantOperation::GenerateDataKeyPairWithoutPlaintext),
        ("GenerateMac", GrantOperation::GenerateMac),
        ("VerifyMac", GrantOperation::VerifyMac),
        ("DeriveSharedSecret", GrantOperation::DeriveSharedSecret),
        ("Encapsulate", GrantOperation::Encapsulate),
        ("Decapsulate", GrantOperation::Decapsulate),
    ];
}

impl GrantTerms {
    /// The same as policies see it.
    pub(crate) fn ask(&self) -> GrantAsk<'_> {
        GrantAsk {
            operations: &self.operations,
            constraints: &self.constraints,
            grantee: self.grantee.name(),
            retiring: self.retiring.as_ref().map(Party::name),
        }
    }
}

impl GrantRecord {
    /// Whether it lets its grantee do this with this encryption context.
    pub(crate) fn allows<'c>(
        &self,
        operation: GrantOperation,
        context: impl Iterator<Item = (&'c str, &'c str)> + Clone,
    ) -> bool {
        let GrantTerms { operations, constraints, .. } = &self.terms;
        // Only calls of AWS services have a source; the others are not held to it (developer guide, SourceArn).
        operations.contains(&operation)
            && (!operation.minds_context()
                || constraints.context.as_ref().is_none_or(|constraint| constraint.is_met_by(context)))
    }

    /// Whether its grantee may make a grant of these terms: of no more operations, and at least as constrained.
    pub(crate) fn covers(&self, child: &GrantAsk<'_>) -> bool {
        let own = &self.terms;
        let narrower = match (&own.constraints.context, &child.constraints.context) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(parent), Some(child)) => parent.covers(child),
        };
        let source = &own.constraints.source_arn;
        let source = source.is_none() || *source == child.constraints.source_arn;
        own.operations.contains(&GrantOperation::CreateGrant)
            && child.operations.iter().all(|operation| own.operations.contains(operation))
            && narrower
            && source
    }
}

impl ContextConstraint {
    /// The constraint's name in the API.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            ContextConstraint::Equals(_) => "EncryptionContextEquals",
            ContextConstraint::Subset(_) => "EncryptionContextSubset",
        }
    }

    /// Its pairs.
    pub(crate) fn pairs(&self) -> &BTreeMap<Box<str>, Box<str>> {
        match self {
            ContextConstraint::Equals(pairs) | ContextConstraint::Subset(pairs) => pairs,
        }
    }

    fn is_met_by<'c>(&self, context: impl Iterator<Item = (&'c str, &'c str)> + Clone) -> bool {
        let asked = self.pairs();
        let mut own = asked.iter().map(|(key, value)| (&**key, &**value));
        let mut is_met = || own.all(|pair| context.clone().any(|other| other == pair));
        match self {
            ContextConstraint::Equals(_) => context.clone().count() == asked.len() && is_met(),
            ContextConstraint::Subset(_) => is_met(),
        }
    }

    fn covers(&self, child: &ContextConstraint) -> bool {
        use ContextConstraint::{Equals, Subset};
        match (self, child) {
            (Equals(own), Equals(child)) => own == child,
            (Equals(_), Subset(_)) => false,
            (Subset(own), Equals(child) | Subset(child)) => {
                own.iter().all(|(key, value)| child.get(key) == Some(value))
            }
        }
    }
}

impl Party {
    /// What tells it from every other party: a user's or role's unique id, an account's number, else what it is called.
    pub(crate) fn handle(&self) -> &str {
        match self {
            Party::Identity { id, .. } => id.as_str(),
            Party::Session { arn } => arn,
            Party::Account { account, .. } => account.as_str(),
            Party::Service { name } => name,
        }
    }

    /// How a request names it.
    pub(crate) fn name(&self) -> PartyName<'_> {
        match self {
            Party::Identity { arn, .. } | Party::Session { arn } | Party::Account { arn, .. } => {
                PartyName::Principal(arn)
            }
            Party::Service { name } => PartyName::Service(name),
        }
    }

    /// The account that it belongs to; a service belongs to none.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self {
            Party::Account { account, .. } => Some(*account),
            Party::Identity { arn, .. } | Party::Session { arn } => arn.split(':').nth(4)?.parse().ok(),
            Party::Service { .. } => None,
        }
    }
}

/// A digest of pairs, in any order: what grants are found by.
pub(crate) fn digest_of<'c>(pairs: impl IntoIterator<Item = (&'c str, &'c str)>) -> Result<String, Fault> {
    let digest = Context::new(pairs).map_err(Fault::internal)?.digest();
    Ok(GrantId::from_random(digest).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<Box<str>, Box<str>> {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    fn grant(operations: &[GrantOperation], context: Option<ContextConstraint>) -> GrantRecord {
        GrantRecord {
            id: GrantId::from_random([7; 32]),
            created: Timestamp::UNIX_EPOCH,
            issuer: "111122223333".parse().unwrap(),
            terms: GrantTerms {
                name: None,
                grantee: Party::Service { name: "x.amazonaws.com".into() },
                retiring: None,
                operations: operations.to_vec(),
                constraints: Constraints { context, source_arn: None },
            },
        }
    }

    #[test]
    fn a_grant_asks_for_its_pairs_exactly_or_among_others() {
        use GrantOperation::{Decrypt, DescribeKey, Encrypt};
        let equals = grant(&[Decrypt, DescribeKey], Some(ContextConstraint::Equals(pairs(&[("a", "1")]))));
        let subset = grant(&[Decrypt], Some(ContextConstraint::Subset(pairs(&[("a", "1")]))));
        for (context, of_equals, of_subset) in [
            (&[("a", "1")][..], true, true),
            (&[("b", "2"), ("a", "1")], false, true),
            (&[("a", "2")], false, false),
            (&[("A", "1")], false, false),
            (&[], false, false),
        ] {
            assert_eq!(equals.allows(Decrypt, context.iter().copied()), of_equals, "{context:?}");
            assert_eq!(subset.allows(Decrypt, context.iter().copied()), of_subset, "{context:?}");
            assert!(!subset.allows(Encrypt, context.iter().copied()));
            assert!(equals.allows(DescribeKey, context.iter().copied()), "it has no context");
        }
    }

    #[test]
    fn a_grant_is_passed_on_equal_or_narrower() {
        use ContextConstraint::{Equals, Subset};
        use GrantOperation::{CreateGrant, Decrypt, Encrypt};
        let ab = || pairs(&[("a", "1"), ("b", "2")]);
        let a = || pairs(&[("a", "1")]);
        let parent = |context| grant(&[CreateGrant, Decrypt], context);
        for (own, child, covered) in [
            (None, None, true),
            (None, Some(Subset(a())), true),
            (Some(Subset(a())), Some(Equals(ab())), true),
            (Some(Subset(a())), Some(Subset(ab())), true),
            (Some(Subset(ab())), Some(Subset(a())), false),
            (Some(Subset(a())), None, false),
            (Some(Equals(a())), Some(Equals(a())), true),
            (Some(Equals(a())), Some(Equals(ab())), false),
            (Some(Equals(a())), Some(Subset(a())), false),
        ] {
            let child = grant(&[Decrypt], child).terms;
            assert_eq!(parent(own.clone()).covers(&child.ask()), covered, "{own:?} {child:?}");
        }
        assert!(!parent(None).covers(&grant(&[Encrypt], None).terms.ask()));
        assert!(!grant(&[Decrypt], None).covers(&grant(&[Decrypt], None).terms.ask()));
    }
}
