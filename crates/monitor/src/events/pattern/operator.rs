//! The operators of a pattern: `{"prefix": …}` and its like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::fault::PatternFault;
use super::text::{Place, TextTest, Wildcard};
use super::{Bound, COMPARABLE_MAX, Test};

const EQUALS_IGNORE_CASE: &str = "equals-ignore-case";

/// What an object in a list of values asks for, at this path of the event.
pub(super) fn test(members: &Map<String, Value>, path: &[Box<str>]) -> Result<Test, PatternFault> {
    let (name, value) = only(members)?;
    match name {
        "exactly" => Ok(Test::Text(TextTest::Exact(text("exact", value)?.into()))),
        "prefix" => affix("prefix", value).map(Test::Text),
        "suffix" => affix("suffix", value).map(Test::Text),
        EQUALS_IGNORE_CASE => {
            Ok(Test::Text(TextTest::ignoring_case(Place::Whole, text(EQUALS_IGNORE_CASE, value)?)))
        }
        "wildcard" => Ok(Test::Text(TextTest::Wildcard(Wildcard::parse(text("wildcard", value)?)?))),
        "numeric" => numeric(value),
        "cidr" => cidr(text("cidr", value)?),
        "exists" => match value {
            Value::Bool(true) => Ok(Test::Present),
            Value::Bool(false) => Ok(Test::Absent(path.into())),
            _ => Err(PatternFault::ExistsOfOthers),
        },
        "anything-but" => anything_but(value).map(Test::AnythingBut),
        other => Err(PatternFault::UnknownOperator(other.into())),
    }
}

fn only(members: &Map<String, Value>) -> Result<(&str, &Value), PatternFault> {
    let mut members = members.iter();
    let (name, value) = members.next().ok_or(PatternFault::NoOperator)?;
    match members.next() {
        None => Ok((name, value)),
        Some(_) => Err(PatternFault::TwoOperators),
    }
}

fn text<'v>(operator: &'static str, value: &'v Value) -> Result<&'v str, PatternFault> {
    value.as_str().ok_or(PatternFault::NotAString(operator))
}

/// A prefix or suffix: a text, or one in `equals-ignore-case`.
fn affix(operator: &'static str, value: &Value) -> Result<TextTest, PatternFault> {
    let is_prefix = operator == "prefix";
    let Value::Object(members) = value else {
        let affix = text(operator, value)?.into();
        return Ok(if is_prefix { TextTest::Prefix(affix) } else { TextTest::Suffix(affix) });
    };
    let place = if is_prefix { Place::Start } else { Place::End };
    match only(members)? {
        (EQUALS_IGNORE_CASE, value) => Ok(TextTest::ignoring_case(place, text(EQUALS_IGNORE_CASE, value)?)),
        _ => Err(PatternFault::NotAString(operator)),
    }
}

fn anything_but(value: &Value) -> Result<Vec<Test>, PatternFault> {
    match value {
        Value::String(text) => Ok(vec![Test::Text(TextTest::Exact(text.as_str().into()))]),
        Value::Number(_) => Ok(vec![number(value)?]),
        Value::Array(elements) => {
            let texts = elements.iter().filter(|element| element.is_string()).count();
            let numbers = elements.iter().filter(|element| element.is_number()).count();
            match (texts + numbers == elements.len(), texts, numbers) {
                (false, _, _) => Err(PatternFault::AnythingButElement),
                (true, 0, 0) | (true, 1.., 1..) => Err(PatternFault::AnythingButMixed),
                (true, _, _) => {
                    Ok(elements.iter().map(anything_but).collect::<Result<Vec<_>, _>>()?.concat())
                }
            }
        }
        Value::Object(members) => anything_but_text(members),
        Value::Null | Value::Bool(_) => Err(PatternFault::AnythingButOfOthers),
    }
}

/// `{"prefix": …}` and its like in `anything-but`: one text, or a list of them.
fn anything_but_text(members: &Map<String, Value>) -> Result<Vec<Test>, PatternFault> {
    let (name, value) = only(members)?;
    let operator = match name {
        "prefix" => "prefix",
        "suffix" => "suffix",
        "wildcard" => "wildcard",
        EQUALS_IGNORE_CASE => EQUALS_IGNORE_CASE,
        other => return Err(PatternFault::AnythingButOperator(other.into())),
    };
    let one = |value: &Value| -> Result<Test, PatternFault> {
        let text = value.as_str().ok_or(PatternFault::AnythingButText(operator))?;
        Ok(Test::Text(match operator {
            "prefix" | "suffix" if text.is_empty() => return Err(PatternFault::EmptyAffix),
            "prefix" => TextTest::Prefix(text.into()),
            "suffix" => TextTest::Suffix(text.into()),
            "wildcard" => TextTest::Wildcard(Wildcard::parse(text)?),
            _ => TextTest::ignoring_case(Place::Whole, text),
        }))
    };
    match value {
        Value::Array(elements) if elements.is_empty() => Err(PatternFault::EmptyArray),
        Value::Array(elements) => elements.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn number(value: &Value) -> Result<Test, PatternFault> {
    comparable(value, "number")?;
    value.as_number().cloned().map(Test::Number).ok_or(PatternFault::AnythingButElement)
}

fn comparable(value: &Value, operator: &str) -> Result<f64, PatternFault> {
    let number = value.as_f64().ok_or_else(|| PatternFault::NotNumeric(operator.into()))?;
    Some(number).filter(|number| number.abs() <= COMPARABLE_MAX).ok_or(PatternFault::NumberOutOfRange)
}

fn numeric(value: &Value) -> Result<Test, PatternFault> {
    let Value::Array(terms) = value else { return Err(PatternFault::NumericWithoutArray) };
    let member = |value: Option<&Value>| {
        PatternFault::NumericMember(value.map(Value::to_string).unwrap_or_default().into())
    };
    let [Value::String(operator), rest @ ..] = terms.as_slice() else { return Err(member(terms.first())) };
    let operator = operator.as_str();
    if !["=", "<", "<=", ">", ">="].contains(&operator) {
        return Err(PatternFault::NumericOperator(operator.into()));
    }
    let named = if operator == "=" { "equals" } else { operator };
    let bound = comparable(rest.first().unwrap_or(&Value::Null), named)?;
    match (operator, rest.get(1..).unwrap_or_default()) {
        ("=", []) => Ok(Test::Range { from: Bound::Inclusive(bound), to: Bound::Inclusive(bound) }),
        ("<", []) => Ok(Test::Range { from: Bound::Open, to: Bound::Exclusive(bound) }),
        ("<=", []) => Ok(Test::Range { from: Bound::Open, to: Bound::Inclusive(bound) }),
        (">", second) => Ok(Test::Range { from: Bound::Exclusive(bound), to: top(bound, second)? }),
        (">=", second) => Ok(Test::Range { from: Bound::Inclusive(bound), to: top(bound, second)? }),
        (_, _) => Err(PatternFault::NumericTooLong),
    }
}

/// The end of a range that begins at `bottom`, and of which these are the terms that are left.
fn top(bottom: f64, terms: &[Value]) -> Result<Bound, PatternFault> {
    let (operator, rest) = match terms {
        [] => return Ok(Bound::Open),
        [Value::String(operator), rest @ ..] => (operator.as_str(), rest),
        [other, ..] => return Err(PatternFault::NumericMember(other.to_string().into())),
    };
    if !["<", "<="].contains(&operator) {
        return Err(PatternFault::SecondNumericOperator(operator.into()));
    }
    let top = comparable(rest.first().unwrap_or(&Value::Null), operator)?;
    match () {
        () if rest.len() > 1 => Err(PatternFault::RangeTooLong),
        () if bottom >= top => Err(PatternFault::EmptyRange),
        () if operator == "<" => Ok(Bound::Exclusive(top)),
        () => Ok(Bound::Inclusive(top)),
    }
}

fn cidr(text: &str) -> Result<Test, PatternFault> {
    let (address, bits) =
        text.split_once('/').filter(|(_, bits)| !bits.contains('/')).ok_or(PatternFault::CidrSlash)?;
    let bits: i64 = bits.parse().map_err(|_| PatternFault::CidrBits)?;
    let bits = u32::try_from(bits).map_err(|_| PatternFault::CidrNegative)?;
    let from: IpAddr = address.parse().map_err(|_| PatternFault::CidrAddress(address.into()))?;
    let to = match from {
        IpAddr::V4(_) if bits > 31 => return Err(PatternFault::CidrTooManyBits { version: 4, bits: 32 }),
        IpAddr::V6(_) if bits > 127 => return Err(PatternFault::CidrTooManyBits { version: 6, bits: 128 }),
        IpAddr::V4(from) => IpAddr::V4(Ipv4Addr::from_bits(from.to_bits() | (u32::MAX >> bits))),
        IpAddr::V6(from) => IpAddr::V6(Ipv6Addr::from_bits(from.to_bits() | (u128::MAX >> bits))),
    };
    Ok(Test::Cidr { from, to })
}
