//! Whom Principal and NotPrincipal name (Authorization §2 step 4, §3).

use serde_json::Value;

use super::condition::listed;

/// How an element names a caller: the kinds of resource allow of Authorization §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Everyone,
    Account,
    User,
    UserOfFederated,
    Role,
    Session,
    Federated,
    Service,
    WebIdentity,
}

/// Every way in which a Principal element names the caller.
pub(crate) fn named(element: &Value, caller: &Value, bindings: &Value) -> Vec<Named> {
    if element == "*" {
        return vec![Named::Everyone];
    }
    let mut ways = Vec::new();
    for (kind, texts) in element.as_object().into_iter().flatten() {
        for text in listed(texts) {
            match kind.as_str() {
                "AWS" => ways.extend(aws(&text, caller, bindings)),
                "Service" if caller["kind"] == "service" && caller["name"] == *text => {
                    ways.push(Named::Service);
                }
                "Federated" if caller["kind"] == "web-identity" && caller["provider"] == *text => {
                    ways.push(Named::WebIdentity);
                }
                _ => {}
            }
        }
    }
    ways
}

fn aws(text: &str, caller: &Value, bindings: &Value) -> Option<Named> {
    if text == "*" {
        return Some(Named::Everyone);
    }
    let account = caller["account"].as_str()?;
    if text == account || text == format!("arn:aws:iam::{account}:root") {
        return Some(Named::Account);
    }
    // Authorization §3: ARNs of users and roles were bound to unique ids when the policy was saved; ARNs of sessions
    // and federated users are compared as text.
    let bound = bindings[text].as_str();
    let is = |member: &str| bound.is_some() && caller[member].as_str() == bound;
    match caller["kind"].as_str()? {
        "user" if is("id") => Some(Named::User),
        "role-session" if is("role_id") => Some(Named::Role),
        "role-session" if caller["session_arn"] == text => Some(Named::Session),
        "federated-user" if is("of_user_id") => Some(Named::UserOfFederated),
        "federated-user" if caller["arn"] == text => Some(Named::Federated),
        _ => None,
    }
}

/// Whether NotPrincipal spares the caller. IAM: with Deny, the caller's account must be listed besides the user or
/// the role; with Allow, any listed one is left out.
pub(crate) fn spared(element: &Value, effect: &str, caller: &Value, bindings: &Value) -> bool {
    let ways = named(element, caller, bindings);
    if effect == "Allow" || ways.contains(&Named::Everyone) {
        return !ways.is_empty();
    }
    let account = ways.contains(&Named::Account);
    match caller["kind"].as_str() {
        Some("root") => account,
        Some("user") => account && ways.contains(&Named::User),
        Some("role-session") => account && ways.contains(&Named::Role),
        Some("federated-user") => {
            account && (ways.contains(&Named::Federated) || ways.contains(&Named::UserOfFederated))
        }
        _ => !ways.is_empty(),
    }
}
