//! From a document's text to a policy, with AWS's words for what is wrong.

use std::fmt;

use claviger_names::AccountId;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use crate::document::{Effect, KeyPolicy, Principal, Statement};

/// Longest principal that is taken, as the model has it for grantees.
const PRINCIPAL_BYTES_MAX: usize = 256;

/// Operators without their set prefix and `IfExists`.
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];

/// Why a document cannot be a key policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Not JSON, or not of the policy grammar.
    #[error("Syntax errors in policy.")]
    Syntax,
    /// A statement without Principal and NotPrincipal.
    #[error("Policy contains a statement with no principal.")]
    NoPrincipal,
    /// A principal that is none.
    #[error("Policy contains a statement with one or more invalid principals.")]
    InvalidPrincipal,
    /// ForAllValues over a single-valued encryption context key: it would match requests without that context.
    #[error(
        "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches \
         requests without the specified encryption context or with an unspecified encryption context. To fix, \
         remove ForAllValues."
    )]
    ForAllEncryptionContext,
    /// The same over a request tag.
    #[error(
        "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches \
         requests without the specified tag or with an unspecified tag. To fix, remove ForAllValues."
    )]
    ForAllRequestTag,
}

/// A JSON object in which no member stands twice.
struct Unique(Vec<(String, Value)>);

impl KeyPolicy {
    /// Reads a key policy document.
    pub fn parse(text: &str) -> Result<KeyPolicy, PolicyFault> {
        let Unique(members) = serde_json::from_str(text).map_err(|_| PolicyFault::Syntax)?;
        let mut statements = None;
        for (name, value) in members {
            match (name.as_str(), value) {
                ("Version", Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {
                }
                ("Id", Value::String(_)) => {}
                ("Statement", Value::Array(list)) => statements = Some(list),
                ("Statement", one @ Value::Object(_)) => statements = Some(vec![one]),
                _ => return Err(PolicyFault::Syntax),
            }
        }
        let statements = statements.filter(|list| !list.is_empty()).ok_or(PolicyFault::Syntax)?;
        let statements = statements.into_iter().map(statement).collect::<Result<Vec<_>, _>>()?;
        Ok(KeyPolicy { statements })
    }
}

fn statement(value: Value) -> Result<Statement, PolicyFault> {
    let Value::Object(members) = value else { return Err(PolicyFault::Syntax) };
    let (mut effect, mut principals, mut actions, mut resources) = (None, None, None, None);
    let mut is_conditional = false;
    for (name, value) in members {
        let once = match name.as_str() {
            "Sid" => value.is_string(),
            "Effect" => effect.replace(read_effect(&value)?).is_none(),
            "Principal" => principals.replace((false, read_principals(value)?)).is_none(),
            "NotPrincipal" => principals.replace((true, read_principals(value)?)).is_none(),
            "Action" => actions.replace((false, texts(value)?)).is_none(),
            "NotAction" => actions.replace((true, texts(value)?)).is_none(),
            "Resource" => resources.replace((false, texts(value)?)).is_none(),
            "NotResource" => resources.replace((true, texts(value)?)).is_none(),
            "Condition" => {
                is_conditional = read_condition(value)?;
                true
            }
            _ => false,
        };
        if !once {
            return Err(PolicyFault::Syntax);
        }
    }
    let effect = effect.ok_or(PolicyFault::Syntax)?;
    let (excludes_principals, principals) = principals.ok_or(PolicyFault::NoPrincipal)?;
    let (excludes_actions, actions) = actions.unwrap_or_default();
    let (excludes_resources, resources) = resources.unwrap_or_default();
    Ok(Statement {
        effect,
        principals,
        excludes_principals,
        actions,
        excludes_actions,
        resources,
        excludes_resources,
        is_conditional,
    })
}

fn read_effect(value: &Value) -> Result<Effect, PolicyFault> {
    match value.as_str() {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        _ => Err(PolicyFault::Syntax),
    }
}

fn read_principals(value: Value) -> Result<Vec<Principal>, PolicyFault> {
    let kinds = match value {
        Value::String(text) if text == "*" => return Ok(vec![Principal::Anyone]),
        Value::Object(kinds) => kinds,
        _ => return Err(PolicyFault::InvalidPrincipal),
    };
    let mut principals = Vec::new();
    for (kind, value) in kinds {
        for text in texts(value)? {
            principals.push(match kind.as_str() {
                "AWS" => aws_principal(&text)?,
                "Service" => service_principal(&text)?,
                _ => return Err(PolicyFault::InvalidPrincipal),
            });
        }
    }
    if principals.is_empty() { Err(PolicyFault::NoPrincipal) } else { Ok(principals) }
}

fn aws_principal(text: &str) -> Result<Principal, PolicyFault> {
    if text == "*" {
        return Ok(Principal::Anyone);
    }
    if let Ok(account) = text.parse() {
        return Ok(Principal::Account(account));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [scheme, partition, service, "", account, resource] = parts[..] else {
        return Err(PolicyFault::InvalidPrincipal);
    };
    let account: AccountId = account.parse().map_err(|_| PolicyFault::InvalidPrincipal)?;
    let is_arn = scheme == "arn" && partition.starts_with("aws") && text.len() <= PRINCIPAL_BYTES_MAX;
    if !is_arn || resource.contains(['*', '?']) {
        return Err(PolicyFault::InvalidPrincipal);
    }
    let kinds: &[&str] = match service {
        "iam" if resource == "root" => return Ok(Principal::Account(account)),
        "iam" => &["user/", "role/"],
        "sts" => &["assumed-role/", "federated-user/"],
        _ => &[],
    };
    match kinds.iter().any(|kind| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty())) {
        true => Ok(Principal::Identity(text.into())),
        false => Err(PolicyFault::InvalidPrincipal),
    }
}

fn service_principal(text: &str) -> Result<Principal, PolicyFault> {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let known_suffix = text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn");
    match known_suffix && text.split('.').all(label) {
        true => Ok(Principal::Service(text.into())),
        false => Err(PolicyFault::InvalidPrincipal),
    }
}

/// Whether there is any condition in the block.
fn read_condition(value: Value) -> Result<bool, PolicyFault> {
    let Value::Object(operators) = value else { return Err(PolicyFault::Syntax) };
    let mut any = false;
    for (operator, block) in operators {
        let Value::Object(keys) = block else { return Err(PolicyFault::Syntax) };
        check_operator(&operator)?;
        for (key, values) in keys {
            check_key(&operator, &key)?;
            condition_values(values)?;
            any = true;
        }
    }
    Ok(any)
}

fn check_operator(operator: &str) -> Result<(), PolicyFault> {
    let plain = operator.strip_prefix("ForAllValues:").or_else(|| operator.strip_prefix("ForAnyValue:"));
    let plain = plain.unwrap_or(operator);
    let base = plain.strip_suffix("IfExists").unwrap_or(plain);
    match plain == "Null" || OPERATORS.contains(&base) {
        true => Ok(()),
        false => Err(PolicyFault::Syntax),
    }
}

fn check_key(operator: &str, key: &str) -> Result<(), PolicyFault> {
    let key = key.to_ascii_lowercase();
    if key.is_empty() {
        return Err(PolicyFault::Syntax);
    }
    match operator.starts_with("ForAllValues:") {
        true if key.starts_with("kms:encryptioncontext:") => Err(PolicyFault::ForAllEncryptionContext),
        true if key.starts_with("aws:requesttag/") => Err(PolicyFault::ForAllRequestTag),
        _ => Ok(()),
    }
}

fn condition_values(values: Value) -> Result<(), PolicyFault> {
    let scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    match values {
        Value::Array(list) if list.iter().all(scalar) => Ok(()),
        value if scalar(&value) => Ok(()),
        _ => Err(PolicyFault::Syntax),
    }
}

/// One string, or a list of strings.
fn texts(value: Value) -> Result<Vec<Box<str>>, PolicyFault> {
    let text = |value: Value| match value {
        Value::String(text) => Ok(text.into_boxed_str()),
        _ => Err(PolicyFault::Syntax),
    };
    match value {
        Value::Array(list) => list.into_iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unique, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a policy document")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.iter().any(|(other, _)| *other == name) {
                        return Err(A::Error::custom("an element stands twice"));
                    }
                    members.push((name, value));
                }
                Ok(Unique(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::default_key_policy;

    fn account() -> AccountId {
        "111122223333".parse().unwrap()
    }

    fn with_statement(members: &str) -> Result<KeyPolicy, PolicyFault> {
        KeyPolicy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{{{members}}}]}}"#))
    }

    #[test]
    fn the_default_policy_leaves_the_key_to_its_account() {
        let policy = KeyPolicy::parse(&default_key_policy("aws", account())).unwrap();
        assert_eq!(policy.statements[0].principals, [Principal::Account(account())]);
        assert!(policy.leaves_to_account(account(), "kms:PutKeyPolicy"));
        assert!(!policy.leaves_to_account("444455556666".parse().unwrap(), "kms:PutKeyPolicy"));
    }

    #[test]
    fn a_condition_or_a_deny_does_not_leave_the_key_to_its_account() {
        let allow = r#""Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*""#;
        let policy =
            with_statement(&format!(r#"{allow},"Condition":{{"Bool":{{"aws:ViaAWSService":true}}}}"#));
        assert!(!policy.unwrap().leaves_to_account(account(), "kms:PutKeyPolicy"));
        let deny = allow.replace("Allow", "Deny").replace("kms:*", "kms:Put*");
        let policy = KeyPolicy::parse(&format!(r#"{{"Statement":[{{{allow}}},{{{deny}}}]}}"#)).unwrap();
        assert!(!policy.leaves_to_account(account(), "kms:PutKeyPolicy"));
        assert!(policy.leaves_to_account(account(), "kms:Encrypt"));
    }

    #[test]
    fn a_statement_without_action_or_resource_stands_and_has_no_effect() {
        for members in [
            r#""Effect":"Allow","Principal":"*","Resource":"*""#,
            r#""Effect":"Allow","Principal":"*","Action":"kms:*""#,
        ] {
            let policy = with_statement(members).unwrap();
            assert!(!policy.leaves_to_account(account(), "kms:PutKeyPolicy"), "{members}");
        }
    }

    #[test]
    fn principals_are_accounts_identities_services_or_anyone() {
        let principal = |text: &str| with_statement(&format!(r#""Effect":"Allow","Principal":{text}"#));
        for good in [
            r#""*""#,
            r#"{"AWS":"111122223333"}"#,
            r#"{"AWS":["arn:aws:iam::111122223333:role/path/x","arn:aws:sts::111122223333:assumed-role/r/s"]}"#,
            r#"{"Service":"logs.us-east-1.amazonaws.com"}"#,
        ] {
            assert!(principal(good).is_ok(), "{good}");
        }
        for bad in [
            r#""111122223333""#,
            r#"{"AWS":"arn:aws:iam::111122223333:user/*"}"#,
            r#"{"AWS":"arn:aws:iam::111122223333:group/g"}"#,
            r#"{"AWS":"arn:aws:iam::11112222333:root"}"#,
            r#"{"AWS":"alice"}"#,
            r#"{"Service":"logs"}"#,
            r#"{"Federated":"x"}"#,
        ] {
            assert_eq!(principal(bad), Err(PolicyFault::InvalidPrincipal), "{bad}");
        }
    }

    #[test]
    fn a_statement_without_principal_is_told_apart_from_a_wrong_one() {
        let without = with_statement(r#""Effect":"Allow","Action":"kms:*","Resource":"*""#);
        assert_eq!(without, Err(PolicyFault::NoPrincipal));
        let empty = with_statement(r#""Effect":"Allow","Principal":{"AWS":[]}"#);
        assert_eq!(empty, Err(PolicyFault::NoPrincipal));
    }

    #[test]
    fn what_is_not_of_the_grammar_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"Statement":[]}"#,
            r#"{"Version":"2011","Statement":[]}"#,
            "{\"Statement\":",
            r#"{"Statement":[{"Effect":"allow","Principal":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","NotPrincipal":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Actions":"x"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"Equals":{"a":"b"}}}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"NullIfExists":{"a":"b"}}}]}"#,
            r#"{"Id":"a","Id":"b","Statement":[{"Effect":"Allow","Principal":"*"}]}"#,
        ] {
            assert_eq!(KeyPolicy::parse(text), Err(PolicyFault::Syntax), "{text}");
        }
    }

    #[test]
    fn for_all_values_over_encryption_context_or_request_tags_is_too_permissive() {
        let with_key = |key: &str| {
            with_statement(&format!(
                r#""Effect":"Allow","Principal":"*","Condition":{{"ForAllValues:StringLike":{{"{key}":"x"}}}}"#
            ))
        };
        assert_eq!(with_key("kms:EncryptionContext:App"), Err(PolicyFault::ForAllEncryptionContext));
        assert_eq!(with_key("AWS:RequestTag/team"), Err(PolicyFault::ForAllRequestTag));
        assert!(with_key("kms:EncryptionContextKeys").is_ok());
    }
}
