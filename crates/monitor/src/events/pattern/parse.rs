//! From the JSON of a pattern to what it asks for.

use serde_json::{Map, Value};

use super::fault::PatternFault;
use super::operator;
use super::text::TextTest;
use super::{Condition, Filter, PATTERN_BYTES_MAX, Test};

/// What opens alternatives.
const OR: &str = "$or";

/// What no field of an alternative may be called.
const RESERVED_IN_OR: [&str; 9] = [
    "exactly",
    "prefix",
    "suffix",
    "anything-but",
    "numeric",
    "exists",
    "cidr",
    "equals-ignore-case",
    "wildcard",
];

/// Where in a pattern something stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Fields,
    Or,
}

pub(super) fn pattern(text: &str) -> Result<Filter, PatternFault> {
    if text.len() > PATTERN_BYTES_MAX {
        return Err(PatternFault::TooLong);
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| PatternFault::NotJson(error.to_string().into()))?;
    match value {
        Value::Object(members) => filter(&members, &mut Vec::new(), Within::Fields),
        _ => Err(PatternFault::NotAnObject),
    }
}

fn filter(
    members: &Map<String, Value>,
    path: &mut Vec<Box<str>>,
    within: Within,
) -> Result<Filter, PatternFault> {
    if members.is_empty() {
        return Err(PatternFault::EmptyObject);
    }
    let mut filter = Filter::default();
    for (name, value) in members {
        if name == OR {
            filter.choices.push(alternatives(value, path)?);
            continue;
        }
        if within == Within::Or && RESERVED_IN_OR.contains(&name.as_str()) {
            return Err(PatternFault::ReservedInOr(name.as_str().into()));
        }
        path.push(name.as_str().into());
        filter.fields.push((name.as_str().into(), condition(name, value, path, within)?));
        path.pop();
    }
    Ok(filter)
}

fn alternatives(value: &Value, path: &mut Vec<Box<str>>) -> Result<Vec<Filter>, PatternFault> {
    let Value::Array(elements) = value else { return Err(PatternFault::OrWithoutArray) };
    let one = |element: &Value| match element {
        Value::Object(members) => filter(members, path, Within::Or),
        _ => Err(PatternFault::OrOfOthers),
    };
    let filters = elements.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Some(filters).filter(|filters| filters.len() > 1).ok_or(PatternFault::OrOfOne)
}

fn condition(
    name: &str,
    value: &Value,
    path: &mut Vec<Box<str>>,
    within: Within,
) -> Result<Condition, PatternFault> {
    match value {
        Value::Object(members) => filter(members, path, within).map(Condition::Inside),
        Value::Array(elements) if elements.is_empty() => Err(PatternFault::EmptyArray),
        Value::Array(elements) => {
            elements.iter().map(|element| test(element, path)).collect::<Result<_, _>>().map(Condition::OneOf)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(PatternFault::Scalar(name.into()))
        }
    }
}

fn test(element: &Value, path: &[Box<str>]) -> Result<Test, PatternFault> {
    match element {
        Value::Null => Ok(Test::Null),
        Value::Bool(flag) => Ok(Test::Flag(*flag)),
        Value::Number(number) => Ok(Test::Number(number.clone())),
        Value::String(text) => Ok(Test::Text(TextTest::exact(text))),
        Value::Array(_) => Err(PatternFault::NestedArray),
        Value::Object(members) => operator::test(members, path),
    }
}
