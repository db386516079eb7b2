//! A key policy as it was understood.

use claviger_names::AccountId;

/// A key policy document: at least one statement.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPolicy {
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whom it is about; with `excludes_principals`, whom it is not about.
    pub principals: Vec<Principal>,
    /// Whether the principals stand under NotPrincipal.
    pub excludes_principals: bool,
    /// Action patterns; none means that the statement has no effect.
    pub actions: Vec<Box<str>>,
    /// Whether the actions stand under NotAction.
    pub excludes_actions: bool,
    /// Resource patterns; none means that the statement has no effect.
    pub resources: Vec<Box<str>>,
    /// Whether the resources stand under NotResource.
    pub excludes_resources: bool,
    /// Whether any condition limits it.
    pub is_conditional: bool,
}

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allow
    Allow,
    /// Deny
    Deny,
}

/// A principal, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// `*`
    Anyone,
    /// An account, by number or by its root ARN.
    Account(AccountId),
    /// A user, role or session, by ARN.
    Identity(Box<str>),
    /// An AWS service, such as `logs.amazonaws.com`.
    Service(Box<str>),
}

impl KeyPolicy {
    /// Every principal of every statement.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.statements.iter().flat_map(|statement| &statement.principals)
    }

    /// Whether an account's root user could still do `action` on the key under this policy: some statement allows it
    /// to that account without a condition and none denies it so. Conditions are weighed once policies are decided.
    pub fn leaves_to_account(&self, account: AccountId, action: &str) -> bool {
        let applies = |statement: &&Statement| statement.covers(account, action) && !statement.is_conditional;
        let mut applying = self.statements.iter().filter(applies).peekable();
        applying.peek().is_some() && applying.all(|statement| statement.effect == Effect::Allow)
    }
}

impl Statement {
    fn covers(&self, account: AccountId, action: &str) -> bool {
        let named = |principal: &Principal| match principal {
            Principal::Anyone => true,
            Principal::Account(other) => *other == account,
            Principal::Identity(_) | Principal::Service(_) => false,
        };
        let acts = self.actions.iter().any(|pattern| matches_ignoring_case(pattern, action));
        let on_key = self.resources.iter().any(|pattern| &**pattern == "*");
        self.principals.iter().any(named) != self.excludes_principals
            && !self.actions.is_empty()
            && acts != self.excludes_actions
            && !self.resources.is_empty()
            && on_key != self.excludes_resources
    }
}

/// Whether `pattern`, with `*` for any run and `?` for one character, matches `text` without regard to case.
fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(byte) if byte.eq_ignore_ascii_case(&text[t]) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_patterns_match_any_run_and_any_case() {
        for pattern in
            ["*", "kms:*", "kms:Put*", "KMS:putkeypolicy", "kms:?utKeyPolicy", "*:*Policy", "k*s*y"]
        {
            assert!(matches_ignoring_case(pattern, "kms:PutKeyPolicy"), "{pattern}");
        }
        for pattern in ["", "kms:Put", "kms:PutKeyPolicy?", "s3:*", "*Key", "kms:Get*"] {
            assert!(!matches_ignoring_case(pattern, "kms:PutKeyPolicy"), "{pattern}");
        }
    }
}
