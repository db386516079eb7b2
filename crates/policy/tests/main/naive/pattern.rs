//! Texts of policies: wildcards, variables, and matching by segment.

use serde_json::{Map, Value};

/// One character of a policy's text after its variables were filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece {
    /// Stands for itself.
    Literal(char),
    /// `*` or `?` as written: a wildcard where the element has wildcards.
    Wild(char),
}

/// A policy's text with its variables filled in; nothing when one of them has no value.
/// Conditions §4: only version 2012-10-17 has variables, what is filled in holds no wildcards.
pub(crate) fn pieces(text: &str, has_variables: bool, context: &Map<String, Value>) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if has_variables && rest.starts_with("${") && rest.contains('}') {
            let (inside, after) = rest[2..].split_once('}')?;
            found.extend(variable(inside, context)?.chars().map(Piece::Literal));
            rest = after;
            continue;
        }
        found.push(if next == '*' || next == '?' { Piece::Wild(next) } else { Piece::Literal(next) });
        rest = &rest[next.len_utf8()..];
    }
    Some(found)
}

/// Conditions §4: escapes, `name` and `name, 'default'`; keys with several values are no variables.
fn variable(inside: &str, context: &Map<String, Value>) -> Option<String> {
    if matches!(inside, "*" | "?" | "$") {
        return Some(inside.to_owned());
    }
    let (name, default) = match inside.split_once(',') {
        Some((name, default)) => (name, Some(default.trim().trim_matches('\'').to_owned())),
        None => (inside, None),
    };
    match lookup(context, name.trim()) {
        None => default,
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Bool(flag)) => Some(flag.to_string()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) => None,
    }
}

/// Conditions §1: names of condition keys ignore case.
pub(crate) fn lookup<'a>(context: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    context.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The text when every character stands for itself (StringEquals and the like).
pub(crate) fn literal(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(c) | Piece::Wild(c) => *c,
        })
        .collect()
}

/// Conditions §3, StringLike: `*` is any run, `?` exactly one character.
pub(crate) fn glob(pattern: &[Piece], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Piece::Wild('*'), rest)) => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        Some((Piece::Wild(_), rest)) => !text.is_empty() && glob(rest, &text[1..]),
        Some((Piece::Literal(c), rest)) => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

pub(crate) fn glob_text(pattern: &[Piece], text: &str) -> bool {
    if pattern == [Piece::Wild('*')] {
        return true;
    }
    glob(pattern, &text.chars().collect::<Vec<_>>())
}

/// Conditions §5: actions ignore case.
pub(crate) fn action_matches(pattern: &str, action: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern.eq_ignore_ascii_case(action);
    }
    let pattern = pieces(&pattern.to_lowercase(), false, &Map::new()).unwrap_or_default();
    glob_text(&pattern, &action.to_lowercase())
}

/// Conditions §3, ArnLike: six components by the first five colons, each matched by itself.
pub(crate) fn arn_matches(pattern: &[Piece], arn: &str) -> bool {
    let pattern = segments(pattern);
    let arn: Vec<&str> = arn.splitn(6, ':').collect();
    pattern.len() == 6 && arn.len() == 6 && pattern.iter().zip(arn).all(|(part, text)| glob_text(part, text))
}

/// Conditions §5, Resource: `*` alone is everything, else by segment. IAM: missing segments of an ARN are `*`.
pub(crate) fn resource_matches(pattern: &[Piece], resource: &str) -> bool {
    if pattern == [Piece::Wild('*')] {
        return true;
    }
    let mut pattern = segments(pattern);
    pattern.resize(6, vec![Piece::Wild('*')]);
    let resource: Vec<&str> = resource.splitn(6, ':').collect();
    resource.len() == 6 && pattern.iter().zip(resource).all(|(part, text)| glob_text(part, text))
}

fn segments(pattern: &[Piece]) -> Vec<Vec<Piece>> {
    pattern.splitn(6, |piece| *piece == Piece::Literal(':')).map(<[Piece]>::to_vec).collect()
}
