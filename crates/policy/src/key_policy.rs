//! Key policies: their size, the one that a key gets by itself, and whether one leaves its key to its account.

use claviger_names::AccountId;

use crate::compile::Policy;
use crate::decide::{Applicable, Request, decide};
use crate::document::{Document, Kind};
use crate::fault::PolicyFault;
use crate::principal::PrincipalText;
use crate::value::Values;
use crate::vocabulary::{ConditionKey, Context, Vocabulary};
use crate::who::Principal;

/// Largest key policy, in bytes (developer guide, resource quotas).
pub const KEY_POLICY_BYTES_MAX: usize = 32_768;

/// A key policy's document.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPolicy(Document);

/// The policy that AWS gives a key made without one, as it is returned by GetKeyPolicy.
pub fn default_key_policy(partition: &str, account: AccountId) -> String {
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

impl KeyPolicy {
    /// Reads a key policy document.
    pub fn parse(text: &str) -> Result<KeyPolicy, PolicyFault> {
        Document::parse(text, Kind::Key).map(KeyPolicy)
    }

    /// Every principal of every statement.
    pub fn principals(&self) -> impl Iterator<Item = &PrincipalText> {
        self.0.principals()
    }

    /// Whether an account's root user could still do `action` on the key under this policy. Only statements without
    /// conditions count.
    pub fn leaves_to_account(&self, account: AccountId, action: &str) -> bool {
        let mut document = self.0.clone();
        document.statements.retain(|statement| statement.conditions.is_empty());
        let policy = Policy::compile(&document, "default", &Vocabulary::new(&[]), &|_| None);
        let applicable = Applicable { owner: Some(account), resource: Some(&policy), ..Applicable::NOTHING };
        let principal = Principal::Root { account };
        decide(&Request { action, resource: "*", principal, context: &Nothing }, &applicable).is_allowed()
    }
}

/// A request without any condition key.
struct Nothing;

impl Context for Nothing {
    fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
        Values::Absent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        "111122223333".parse().unwrap()
    }

    #[test]
    fn the_default_policy_leaves_the_key_to_its_account() {
        let policy = KeyPolicy::parse(&default_key_policy("aws", account())).unwrap();
        assert_eq!(policy.principals().collect::<Vec<_>>(), [&PrincipalText::Account(account())]);
        assert!(policy.leaves_to_account(account(), "kms:PutKeyPolicy"));
        assert!(!policy.leaves_to_account("444455556666".parse().unwrap(), "kms:PutKeyPolicy"));
    }

    #[test]
    fn a_condition_or_a_deny_does_not_leave_the_key_to_its_account() {
        let allow = r#""Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*""#;
        let conditional = format!(r#"{{"Statement":{{{allow},"Condition":{{"Bool":{{"a:b":true}}}}}}}}"#);
        let policy = KeyPolicy::parse(&conditional).unwrap();
        assert!(!policy.leaves_to_account(account(), "kms:PutKeyPolicy"));
        let deny = allow.replace("Allow", "Deny").replace("kms:*", "kms:Put*");
        let policy = KeyPolicy::parse(&format!(r#"{{"Statement":[{{{allow}}},{{{deny}}}]}}"#)).unwrap();
        assert!(!policy.leaves_to_account(account(), "kms:PutKeyPolicy"));
        assert!(policy.leaves_to_account(account(), "kms:Encrypt"));
    }

    #[test]
    fn a_statement_without_action_or_resource_stands_and_has_no_effect() {
        for members in [r#""Resource":"*""#, r#""Action":"kms:*""#, r#""NotAction":[],"Resource":"*""#] {
            let text = format!(r#"{{"Statement":{{"Effect":"Allow","Principal":"*",{members}}}}}"#);
            let policy = KeyPolicy::parse(&text).unwrap();
            assert!(!policy.leaves_to_account(account(), "kms:PutKeyPolicy"), "{members}");
        }
    }
}
