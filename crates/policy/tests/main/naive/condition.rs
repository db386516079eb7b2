//! Conditions: operators, IfExists, set operators, absent keys (Conditions §3).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::pattern::{self, Piece};
use super::typed;

/// A negated operator and the positive one that it negates.
const NEGATED: &[(&str, &str)] = &[
    ("StringNotEquals", "StringEquals"),
    ("StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"),
    ("StringNotLike", "StringLike"),
    ("NumericNotEquals", "NumericEquals"),
    ("DateNotEquals", "DateEquals"),
    ("NotIpAddress", "IpAddress"),
    ("ArnNotEquals", "ArnEquals"),
    ("ArnNotLike", "ArnLike"),
];

/// Whether every block and every key in it holds; nothing when a variable has no value, which keeps the whole
/// statement from matching (Conditions §4).
pub(crate) fn holds(block: &Value, has_variables: bool, context: &Map<String, Value>) -> Option<bool> {
    let mut all = true;
    for (operator, keys) in block.as_object()? {
        for (key, values) in keys.as_object()? {
            all &= key_holds(operator, key, &listed(values), has_variables, context)?;
        }
    }
    Some(all)
}

/// One value or a list of them; numbers and truth values as text.
pub(crate) fn listed(values: &Value) -> Vec<Cow<'_, str>> {
    values.as_array().map_or_else(|| vec![scalar(values)], |list| list.iter().map(scalar).collect())
}

fn scalar(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| value.to_string().into(), Cow::Borrowed)
}

fn key_holds(
    operator: &str,
    key: &str,
    wanted: &[Cow<'_, str>],
    has_variables: bool,
    context: &Map<String, Value>,
) -> Option<bool> {
    let present: Vec<&Value> = match pattern::lookup(context, key) {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
    };
    if operator == "Null" {
        return Some(wanted.iter().any(|value| value.eq_ignore_ascii_case("true") == present.is_empty()));
    }
    let (set, operator) = operator.split_once(':').map_or(("", operator), |(set, operator)| (set, operator));
    let plain = operator.strip_suffix("IfExists");
    let (if_exists, operator) = (plain.is_some(), plain.unwrap_or(operator));
    let positive = NEGATED.iter().find(|(negated, _)| *negated == operator).map(|(_, positive)| *positive);
    let wanted = fill_in(positive.unwrap_or(operator), wanted, has_variables, context)?;
    let one_matches = |value: &&Value| {
        let any = wanted.iter().any(|wanted| matches(positive.unwrap_or(operator), wanted, value));
        any != positive.is_some()
    };
    Some(match (set, present.is_empty()) {
        (_, true) if if_exists => true,
        ("ForAllValues", true) => true,
        ("ForAnyValue", true) => false,
        (_, true) => positive.is_some(),
        ("ForAllValues", false) => present.iter().all(one_matches),
        ("ForAnyValue", false) => present.iter().any(one_matches),
        // Several values under a plain operator: some value matches; negated, none does.
        (_, false) if positive.is_some() => present.iter().all(one_matches),
        (_, false) => present.iter().any(one_matches),
    })
}

/// Conditions §4: variables stand in values of string, ARN and Bool operators only.
fn fill_in(
    operator: &str,
    wanted: &[Cow<'_, str>],
    has_variables: bool,
    context: &Map<String, Value>,
) -> Option<Vec<Vec<Piece>>> {
    let takes_them = operator.starts_with("String") || operator.starts_with("Arn") || operator == "Bool";
    wanted.iter().map(|text| pattern::pieces(text, has_variables && takes_them, context)).collect()
}

/// Whether one value of the request meets one value of the policy under a positive operator.
fn matches(operator: &str, wanted: &[Piece], value: &Value) -> bool {
    let Some(value) = typed::text(value) else { return false };
    let text = pattern::literal(wanted);
    match operator {
        "StringEquals" => text == value,
        "StringEqualsIgnoreCase" => text.to_lowercase() == value.to_lowercase(),
        "StringLike" => pattern::glob_text(wanted, &value),
        "ArnEquals" | "ArnLike" => pattern::arn_matches(wanted, &value),
        "Bool" => text.eq_ignore_ascii_case(&value),
        "BinaryEquals" => typed::bytes(&text).is_some_and(|bytes| typed::bytes(&value) == Some(bytes)),
        "IpAddress" => typed::range_holds(&text, &value).unwrap_or(false),
        _ => match operator.strip_prefix("Date") {
            Some(order) => ordered(order, typed::time(&value), typed::time(&text)),
            None => ordered(&operator["Numeric".len()..], typed::number(&value), typed::number(&text)),
        },
    }
}

fn ordered<T: PartialOrd>(order: &str, value: Option<T>, wanted: Option<T>) -> bool {
    let (Some(value), Some(wanted)) = (value, wanted) else { return false };
    match order {
        "Equals" => value == wanted,
        "LessThan" => value < wanted,
        "LessThanEquals" => value <= wanted,
        "GreaterThan" => value > wanted,
        "GreaterThanEquals" => value >= wanted,
        other => panic!("no order {other}"),
    }
}
