//! Which property of a JSON log event is meant: `$.users[0].id`.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::PatternFault;
use super::cursor::Cursor;

/// The way from the root to a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector {
    text: Box<str>,
    steps: Box<[Step]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(Box<str>),
    Index(usize),
}

impl Selector {
    /// Reads a selector from its dollar sign on.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Selector, PatternFault> {
        cursor.expect("$")?;
        let mut steps = Vec::new();
        loop {
            match cursor.run(|next| next == '.' || next == '[') {
                "" if !steps.is_empty() => break,
                "." => steps.push(Step::Member(member(cursor)?)),
                ".[" => steps.push(Step::Member(bracketed(cursor)?)),
                "[" if !steps.is_empty() => steps.push(Step::Index(index(cursor)?)),
                _ => return Err(PatternFault::Malformed),
            }
        }
        let text = steps.iter().map(ToString::to_string).collect::<String>();
        Ok(Selector { text: format!("${text}").into(), steps: steps.into() })
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// What it leads to.
    pub(super) fn find<'v>(&self, event: &'v Value) -> Option<&'v Value> {
        self.steps.iter().try_fold(event, |value, step| match step {
            Step::Member(name) => value.get(&**name),
            Step::Index(at) => value.get(at),
        })
    }

    /// The text, number or boolean that it leads to, as text.
    pub(super) fn leaf<'v>(&self, event: &'v Value) -> Option<Cow<'v, str>> {
        match self.find(event)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Member(name) if name.chars().all(is_of_name) => write!(f, ".{name}"),
            Step::Member(name) => write!(f, ".['{name}']"),
            Step::Index(at) => write!(f, "[{at}]"),
        }
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '-' || letter == '_'
}

fn member(cursor: &mut Cursor<'_>) -> Result<Box<str>, PatternFault> {
    match cursor.run(is_of_name) {
        "" => Err(cursor.fault()),
        name => Ok(name.into()),
    }
}

/// A name with other characters: `['cluster.name']`.
fn bracketed(cursor: &mut Cursor<'_>) -> Result<Box<str>, PatternFault> {
    cursor.expect("'")?;
    let name = cursor.run(|next| next != '\'').into();
    cursor.expect("'")?;
    cursor.expect("]")?;
    Ok(name)
}

fn index(cursor: &mut Cursor<'_>) -> Result<usize, PatternFault> {
    let at = cursor.run(|next| next.is_ascii_digit()).parse().map_err(|_| cursor.fault())?;
    cursor.expect("]")?;
    Ok(at)
}
