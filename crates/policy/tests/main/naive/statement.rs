//! Whether a statement applies to a request.

use serde_json::{Map, Value};

use super::condition::{self, listed};
use super::pattern;
use super::principal::{self, Named};

/// What is asked, of whom, under what circumstances.
pub(crate) struct Asked<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) caller: &'a Value,
    pub(crate) context: &'a Map<String, Value>,
    pub(crate) bindings: &'a Value,
    /// Whether the resource is a role, whose policy has no Resource element.
    pub(crate) is_of_role: bool,
}

/// The statements of a document, which may be one without a list.
pub(crate) fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    }
}

/// Conditions §4: variables are those of 2012-10-17; a missing version is 2008-10-17.
fn has_variables(document: &Value) -> bool {
    document["Version"] == "2012-10-17"
}

/// How the statement applies: the ways in which it names the caller, none if it does not apply. A document of an
/// identity names its caller by being attached to it, which counts as everyone.
pub(crate) fn applies(document: &Value, statement: &Value, asked: &Asked<'_>) -> Vec<Named> {
    let ways = whom(statement, asked);
    let circumstances = || {
        let fits_condition = match statement.get("Condition") {
            None => Some(true),
            Some(block) => condition::holds(block, has_variables(document), asked.context),
        };
        // Both are always weighed: a variable without a value in either keeps the statement from applying.
        Some(fits_resource(document, statement, asked)? & fits_condition?)
    };
    if ways.is_empty() || !fits_action(statement, asked) || circumstances() != Some(true) {
        return Vec::new();
    }
    ways
}

fn whom(statement: &Value, asked: &Asked<'_>) -> Vec<Named> {
    let effect = statement["Effect"].as_str().unwrap_or_default();
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(element), _) => principal::named(element, asked.caller, asked.bindings),
        (_, Some(element)) if principal::spared(element, effect, asked.caller, asked.bindings) => Vec::new(),
        _ => vec![Named::Everyone],
    }
}

/// Authorization §4: a statement without Action has no effect.
fn fits_action(statement: &Value, asked: &Asked<'_>) -> bool {
    let listed_in = |list: &Value| listed(list).iter().any(|p| pattern::action_matches(p, asked.action));
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(list), _) => listed_in(list),
        (_, Some(list)) => !listed_in(list),
        _ => false,
    }
}

/// Authorization §4: a statement without Resource has no effect, except in a trust policy, which has none at all.
fn fits_resource(document: &Value, statement: &Value, asked: &Asked<'_>) -> Option<bool> {
    let listed_in = |list: &Value| {
        let patterns = listed(list);
        let filled = patterns.iter().map(|p| pattern::pieces(p, has_variables(document), asked.context));
        let filled = filled.collect::<Option<Vec<_>>>()?;
        Some(filled.iter().any(|p| pattern::resource_matches(p, asked.resource)))
    };
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(list), _) => listed_in(list),
        (_, Some(list)) => listed_in(list).map(|found| !found),
        _ => Some(asked.is_of_role && statement.get("Principal").is_some()),
    }
}
