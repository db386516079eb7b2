//! What can be wrong with a statement, its conditions apart.

use super::catalogue::{Action, Catalogue, Scope, covers};
use super::mistake::Mistake;
use crate::document::{Effect, Element, Kind, Statement};
use crate::principal::PrincipalText;

/// What the resource part of a key's ARN begins with.
const KEY: &str = "key/";

/// What the resource part of an alias's ARN begins with.
const ALIAS: &str = "alias/";

/// The mistakes of one statement.
pub(super) fn mistakes(statement: &Statement, kind: Kind, catalogue: &Catalogue) -> Vec<Mistake> {
    let mut found = principals(statement, kind);
    let patterns = statement.actions.as_ref().map_or(&[][..], Element::items);
    found.extend(patterns.iter().filter_map(|pattern| action(pattern, statement, kind, catalogue)));
    if acts_on_nothing(statement, kind, catalogue) {
        found.push(Mistake::NoActions);
    }
    if kind == Kind::Key && !statement.resources.as_ref().is_some_and(|resources| can_name(resources, KEY)) {
        found.push(Mistake::NoResources);
    }
    found
}

/// The actions of the catalogue that a statement is about, as far as its Action or NotAction says.
pub(super) fn actions_of(statement: &Statement, catalogue: &Catalogue) -> Vec<&'static Action> {
    match &statement.actions {
        None => Vec::new(),
        Some(Element::Only(patterns)) => {
            patterns.iter().flat_map(|pattern| catalogue.matching(pattern)).collect()
        }
        Some(Element::Except(patterns)) => {
            let full = |action: &Action| format!("{}:{}", catalogue.service, action.name);
            let excepted = |action: &Action| patterns.iter().any(|pattern| covers(pattern, &full(action)));
            catalogue.actions.iter().filter(|action| !excepted(action)).collect()
        }
    }
}

fn principals(statement: &Statement, kind: Kind) -> Vec<Mistake> {
    // A resource control policy is always about everyone.
    if statement.effect == Effect::Deny || kind == Kind::ResourceControl {
        return Vec::new();
    }
    match &statement.principals {
        Some(Element::Except(_)) => vec![Mistake::EveryoneElse],
        Some(Element::Only(principals))
            if principals.contains(&PrincipalText::Anyone) && statement.conditions.is_empty() =>
        {
            vec![Mistake::Everyone]
        }
        Some(Element::Only(_)) | None => Vec::new(),
    }
}

/// What is wrong with an action pattern.
fn action(pattern: &str, statement: &Statement, kind: Kind, catalogue: &Catalogue) -> Option<Mistake> {
    // Other services than the catalogue's are known in policies that can speak of them.
    if kind == Kind::Trust || (kind != Kind::Key && !catalogue.is_about(pattern)) {
        return None;
    }
    let matching: Vec<_> = catalogue.matching(pattern).collect();
    if matching.is_empty() {
        return Some(Mistake::UnknownAction { action: pattern.into(), service: catalogue.service });
    }
    let has_say = |action: &&Action| matches!(action.scope, Scope::Key | Scope::AliasAndKey);
    if !matches!(statement.actions, Some(Element::Only(_))) {
        return None;
    }
    if kind == Kind::Key {
        return (!matching.iter().any(has_say)).then(|| Mistake::NotByResource(pattern.into()));
    }
    let resources = statement.resources.as_ref()?;
    let is_about = |action: &&Action| match action.scope {
        Scope::Key | Scope::KeyByIdentity => can_name(resources, KEY),
        Scope::AliasAndKey => can_name(resources, KEY) || can_name(resources, ALIAS),
        Scope::Account => is_everything(resources),
    };
    (!matching.iter().any(is_about)).then(|| Mistake::OtherResources(pattern.into()))
}

/// Whether a statement is about no action, whatever its patterns.
fn acts_on_nothing(statement: &Statement, kind: Kind, catalogue: &Catalogue) -> bool {
    match &statement.actions {
        None => true,
        Some(Element::Only(patterns)) => patterns.is_empty(),
        Some(Element::Except(patterns)) if kind == Kind::Key => {
            patterns.is_empty() || actions_of(statement, catalogue).is_empty()
        }
        Some(Element::Except(patterns)) => patterns.iter().any(|pattern| &**pattern == "*"),
    }
}

/// Whether resources can be of a type: `key/` or `alias/`.
fn can_name(resources: &Element<Box<str>>, resource_type: &str) -> bool {
    match resources {
        Element::Only(patterns) => patterns.iter().any(|pattern| is_of_type(pattern, resource_type)),
        Element::Except(patterns) => {
            !patterns.is_empty() && !patterns.iter().any(|pattern| &**pattern == "*")
        }
    }
}

/// Whether resources are all that there is.
fn is_everything(resources: &Element<Box<str>>) -> bool {
    match resources {
        Element::Only(patterns) => patterns.iter().any(|pattern| &**pattern == "*"),
        Element::Except(_) => can_name(resources, ""),
    }
}

/// Whether the pattern of an ARN can match one whose resource part begins so. A short one is completed with `*`.
fn is_of_type(pattern: &str, resource_type: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let service = parts.get(2).copied().unwrap_or("*");
    let resource = parts.get(5).copied().unwrap_or("*");
    let literal = resource.split(['*', '?', '$']).next().unwrap_or("");
    let has_wildcard = literal.len() < resource.len();
    let fits = literal.starts_with(resource_type) || (has_wildcard && resource_type.starts_with(literal));
    parts.first() == Some(&"arn") && covers(service, "kms") && fits
}
