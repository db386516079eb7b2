//! From a text to a document: the grammar that all kinds share.

use std::ops::Range;

use serde_json::value::RawValue;

use crate::condition::Operand;
use crate::document::{Condition, Document, Effect, Element, Kind, Statement, Version};
use crate::fault::PolicyFault;
use crate::grammar;
use crate::json::{Members, Node};
use crate::operator::{Each, Operator, Test};
use crate::principal::{self, PrincipalText};

impl Document {
    /// Reads a document of a kind. How large it may be is for the caller to say.
    pub fn parse(text: &str, kind: Kind) -> Result<Document, PolicyFault> {
        let document = read(text, kind).and_then(|document| grammar::check(&document).map(|()| document));
        match kind {
            Kind::ServiceControl | Kind::ResourceControl => document.map_err(|_| PolicyFault::NotOfType),
            _ => document,
        }
    }
}

fn read(text: &str, kind: Kind) -> Result<Document, PolicyFault> {
    let mut members: Members<&RawValue> =
        serde_json::from_str(text).map_err(|error| malformed(&error, kind))?;
    let version = match members.take("Version").map(json::<String>).transpose()?.as_deref() {
        None | Some("2008-10-17") => Version::V2008,
        Some("2012-10-17") => Version::V2012,
        Some(_) => return Err(PolicyFault::Syntax),
    };
    let id = members.take("Id").map(json::<String>).transpose()?.map(Into::into);
    let raw = members.take("Statement").ok_or(PolicyFault::Syntax)?;
    let list = if raw.get().starts_with('[') { json::<Vec<&RawValue>>(raw)? } else { vec![raw] };
    if list.is_empty() || !members.0.is_empty() {
        return Err(PolicyFault::Syntax);
    }
    let statement = |raw: &RawValue| statement(raw, kind, span(text, raw));
    Ok(Document { kind, version, id, statements: list.into_iter().map(statement).collect::<Result<_, _>>()? })
}

/// What is said of a text that is not JSON; other mistakes are of the grammar.
fn malformed(error: &serde_json::Error, kind: Kind) -> PolicyFault {
    match kind {
        Kind::Trust if !error.is_data() => PolicyFault::InvalidJson,
        Kind::Session if !error.is_data() => PolicyFault::NotJson,
        _ => PolicyFault::Syntax,
    }
}

fn json<'t, T: serde::Deserialize<'t>>(raw: &'t RawValue) -> Result<T, PolicyFault> {
    serde_json::from_str(raw.get()).map_err(|_| PolicyFault::Syntax)
}

/// Where a part of a text stands in it.
fn span(text: &str, part: &RawValue) -> Range<usize> {
    let start = (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.get().len()
}

fn statement(raw: &RawValue, kind: Kind, span: Range<usize>) -> Result<Statement, PolicyFault> {
    let mut members: Members<Node> = json(raw)?;
    let statement = Statement {
        sid: members.take("Sid").map(text).transpose()?,
        effect: effect(members.take("Effect"), kind)?,
        principals: element(&mut members, ["Principal", "NotPrincipal"], |node| principals(node, kind))?,
        actions: element(&mut members, ["Action", "NotAction"], texts)?,
        resources: element(&mut members, ["Resource", "NotResource"], texts)?,
        conditions: members.take("Condition").map_or(Ok(Vec::new()), |node| conditions(node, kind))?,
        span,
    };
    if members.0.is_empty() { Ok(statement) } else { Err(PolicyFault::Syntax) }
}

/// An element in either form, of which a statement may have one.
fn element<T>(
    members: &mut Members<Node>,
    [only, except]: [&str; 2],
    read: impl Fn(Node) -> Result<Vec<T>, PolicyFault>,
) -> Result<Option<Element<T>>, PolicyFault> {
    match (members.take(only), members.take(except)) {
        (None, None) => Ok(None),
        (Some(node), None) => read(node).map(Element::Only).map(Some),
        (None, Some(node)) => read(node).map(Element::Except).map(Some),
        (Some(_), Some(_)) => Err(PolicyFault::Syntax),
    }
}

fn effect(node: Option<Node>, kind: Kind) -> Result<Effect, PolicyFault> {
    let Some(Node::Text(text)) = node else { return Err(PolicyFault::Syntax) };
    match text.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ if text.eq_ignore_ascii_case("allow") || text.eq_ignore_ascii_case("deny") => Err(legacy(kind)),
        _ => Err(PolicyFault::Syntax),
    }
}

/// What IAM says where its older parser is the one that fails.
fn legacy(kind: Kind) -> PolicyFault {
    if kind == Kind::Key { PolicyFault::Syntax } else { PolicyFault::LegacyParsing }
}

fn principals(node: Node, kind: Kind) -> Result<Vec<PrincipalText>, PolicyFault> {
    let families = match node {
        _ if kind.is_attached() => return Err(PolicyFault::ProhibitedPrincipal),
        Node::Text(text) if text == "*" => return Ok(vec![PrincipalText::Anyone]),
        Node::Text(text) => return Err(principal::invalid(kind, "STAR", &text)),
        Node::Object(families) => families.0,
        _ => return Err(principal::invalid(kind, "AWS", "")),
    };
    let mut found = Vec::new();
    for (family, node) in families {
        for text in texts(node)? {
            found.push(PrincipalText::parse(kind, &family, &text)?);
        }
    }
    if found.is_empty() { Err(grammar::no_principal(kind)) } else { Ok(found) }
}

fn conditions(node: Node, kind: Kind) -> Result<Vec<Condition>, PolicyFault> {
    let Node::Object(operators) = node else { return Err(PolicyFault::Syntax) };
    let mut found: Vec<Condition> = Vec::new();
    for (name, block) in operators.0 {
        let operator = Operator::parse(&name).ok_or(PolicyFault::Syntax)?;
        let Node::Object(keys) = block else { return Err(PolicyFault::Syntax) };
        let mut names = std::collections::HashSet::new();
        for (key, values) in keys.0 {
            // One key under two spellings would leave open which values count.
            if key.is_empty() || !names.insert(key.to_ascii_lowercase()) {
                return Err(PolicyFault::Syntax);
            }
            found.push(condition(operator, key, values, kind)?);
        }
    }
    Ok(found)
}

fn condition(operator: Operator, key: String, values: Node, kind: Kind) -> Result<Condition, PolicyFault> {
    if kind == Kind::Key && operator.each == Some(Each::All) {
        check_single_valued(&key.to_ascii_lowercase())?;
    }
    let values = match values {
        Node::List(list) => list.into_iter().map(scalar).collect::<Result<Vec<_>, _>>()?,
        one => vec![scalar(one)?],
    };
    if !values.iter().all(|value| Operand::is_valid(operator.test, value)) {
        return Err(if let Test::Date(_) = operator.test { legacy(kind) } else { PolicyFault::Syntax });
    }
    Ok(Condition { operator, key: key.into(), values })
}

fn check_single_valued(key: &str) -> Result<(), PolicyFault> {
    match key {
        _ if key.starts_with("kms:encryptioncontext:") => Err(PolicyFault::ForAllEncryptionContext),
        _ if key.starts_with("aws:requesttag/") => Err(PolicyFault::ForAllRequestTag),
        _ => Ok(()),
    }
}

fn scalar(node: Node) -> Result<Box<str>, PolicyFault> {
    match node {
        Node::Scalar(text) | Node::Text(text) => Ok(text.into()),
        Node::Null | Node::List(_) | Node::Object(_) => Err(PolicyFault::Syntax),
    }
}

fn text(node: Node) -> Result<Box<str>, PolicyFault> {
    match node {
        Node::Text(text) => Ok(text.into()),
        _ => Err(PolicyFault::Syntax),
    }
}

/// One text, or a list of texts.
fn texts(node: Node) -> Result<Vec<Box<str>>, PolicyFault> {
    match node {
        Node::List(list) => list.into_iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

#[cfg(test)]
mod tests;
