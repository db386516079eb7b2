//! What each kind of document must have and must not have, in the order in which AWS finds it.

use std::collections::HashSet;

use crate::document::{Document, Element, Kind, Statement, Version};
use crate::fault::PolicyFault;
use crate::principal::PrincipalText;

/// Actions that a trust policy can be about.
const TRUST_ACTIONS: &[&str] = &[
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// Holds a document that is well-formed against the rules of its kind.
pub(crate) fn check(document: &Document) -> Result<(), PolicyFault> {
    let each =
        |check: fn(&Statement) -> Result<(), PolicyFault>| document.statements.iter().try_for_each(check);
    match document.kind {
        Kind::Key => each(names_a_principal),
        Kind::ResourceControl => {
            each(concerns_everyone)?;
            attached(document)
        }
        Kind::Trust => {
            each(trusts)?;
            check_sids(document)
        }
        Kind::Managed if document.version == Version::V2008 => Err(PolicyFault::OldVersion),
        Kind::Managed | Kind::Identity | Kind::Session | Kind::ServiceControl => attached(document),
    }
}

/// What is said of a statement that should name a principal.
pub(crate) fn no_principal(kind: Kind) -> PolicyFault {
    if kind == Kind::Trust { PolicyFault::MissingField("Principal") } else { PolicyFault::NoPrincipal }
}

fn names_a_principal(statement: &Statement) -> Result<(), PolicyFault> {
    statement.principals.as_ref().map(|_| ()).ok_or(PolicyFault::NoPrincipal)
}

fn concerns_everyone(statement: &Statement) -> Result<(), PolicyFault> {
    match &statement.principals {
        Some(Element::Only(principals)) if principals[..] == [PrincipalText::Anyone] => Ok(()),
        _ => Err(PolicyFault::InvalidPrincipal),
    }
}

fn trusts(statement: &Statement) -> Result<(), PolicyFault> {
    match (&statement.principals, &statement.resources) {
        (_, Some(Element::Only(_))) => return Err(PolicyFault::ProhibitedField("Resource")),
        (_, Some(Element::Except(_))) => return Err(PolicyFault::ProhibitedField("NotResource")),
        (Some(Element::Except(_)), None) => return Err(PolicyFault::ProhibitedField("NotPrincipal")),
        (None, None) => return Err(no_principal(Kind::Trust)),
        (Some(Element::Only(_)), None) => {}
    }
    match &statement.actions {
        None => Err(PolicyFault::MissingField("Action")),
        Some(actions) if actions.items().is_empty() => Err(PolicyFault::MissingField("Action")),
        Some(actions) if actions.items().iter().all(|pattern| assumes(pattern)) => Ok(()),
        Some(_) => Err(PolicyFault::NotAssumeRole),
    }
}

/// Whether an action pattern is one of the trust actions, or the start of some.
fn assumes(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let covers = |action: &&str| match pattern.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => *action == pattern,
    };
    pattern.starts_with("sts:") && TRUST_ACTIONS.iter().any(covers)
}

/// The rules of policies that are attached to an identity.
fn attached(document: &Document) -> Result<(), PolicyFault> {
    check_sids(document)?;
    let lacks = |element: &Option<Element<Box<str>>>| element.as_ref().is_none_or(|e| e.items().is_empty());
    let statements = &document.statements;
    if statements.iter().any(|statement| lacks(&statement.actions)) {
        return Err(PolicyFault::NoActions);
    }
    if statements.iter().any(|statement| lacks(&statement.resources)) {
        return Err(PolicyFault::NoResources);
    }
    let resources = statements.iter().filter_map(|statement| statement.resources.as_ref());
    resources.flat_map(Element::items).try_for_each(|resource| check_resource(resource))?;
    document.actions().try_for_each(check_action)?;
    let mut conditions = statements.iter().flat_map(|statement| &statement.conditions);
    if conditions.any(|condition| !condition.key.contains(':')) {
        return Err(PolicyFault::NoVendor);
    }
    Ok(())
}

fn check_sids(document: &Document) -> Result<(), PolicyFault> {
    let mut seen = HashSet::new();
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(PolicyFault::SidCharacters);
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return Err(PolicyFault::SidTwice);
        }
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<(), PolicyFault> {
    if resource == "*" {
        return Ok(());
    }
    let mut parts = resource.splitn(6, ':');
    if parts.next() != Some("arn") || !resource.contains(':') {
        return Err(PolicyFault::NotArn(resource.into()));
    }
    let partition = parts.next().unwrap_or("");
    if !partition.starts_with("aws") && !partition.contains('*') {
        let (partition, resource) = (partition.into(), resource.into());
        return Err(PolicyFault::InvalidPartition { partition, resource });
    }
    match parts.next() {
        Some(service) if !service.is_empty() && !service.contains(['*', '?']) => Ok(()),
        _ => Err(PolicyFault::VagueVendor),
    }
}

fn check_action(action: &str) -> Result<(), PolicyFault> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    match action.split_once(':') {
        None if action == "*" => Ok(()),
        None => Err(PolicyFault::NoVendor),
        Some((_, name)) if name.contains(':') => Err(PolicyFault::TwoColons),
        Some((vendor, _)) if vendor != "*" && (vendor.is_empty() || !vendor.bytes().all(plain)) => {
            Err(PolicyFault::InvalidVendor(vendor.into()))
        }
        Some(_) => Ok(()),
    }
}
