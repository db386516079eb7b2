//! The language of filter patterns, after the CloudWatch Logs user guide: parsed once, matched against every log event.

mod comparison;
mod cursor;
mod expression;
mod fields;
mod json;
mod logic;
mod selector;
mod terms;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use serde_json::Value;

use self::cursor::Cursor;
use self::expression::Expression;
use self::fields::{Fields, Named};
use self::json::JsonPattern;
use self::selector::Selector;
use self::terms::Terms;

/// Why a text is no filter pattern; displays as what CloudWatch Logs answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// A character stands where none of its kind may.
    #[error("Invalid character(s) in term '{0}'")]
    Characters(char),
    /// The text is no pattern for any other reason.
    #[error("Invalid metric filter pattern")]
    Malformed,
}

/// A pattern that log events match or do not.
#[derive(Debug)]
pub struct FilterPattern {
    kind: Kind,
    regexes: usize,
}

#[derive(Debug)]
enum Kind {
    Terms(Terms),
    Regex(Expression),
    Json(JsonPattern),
    Fields(Fields),
}

/// A log event, whose JSON is read when the first pattern asks for it.
#[derive(Debug)]
pub struct LogEvent<'e> {
    text: &'e str,
    json: OnceCell<Option<Value>>,
}

/// What a pattern found in an event.
#[derive(Debug)]
pub struct Found<'e> {
    pattern: &'e FilterPattern,
    parts: Parts<'e>,
}

#[derive(Debug)]
enum Parts<'e> {
    Whole,
    Json(&'e Value),
    Fields(Named<'e>),
}

/// Where a metric takes a value from: `$.latency` or `$bytes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Property(Selector),
    Field(Box<str>),
}

impl<'e> LogEvent<'e> {
    /// An event of this text.
    pub fn new(text: &'e str) -> LogEvent<'e> {
        LogEvent { text, json: OnceCell::new() }
    }

    fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| serde_json::from_str(self.text).ok()).as_ref()
    }
}

impl FilterPattern {
    /// Reads a pattern. The empty one matches everything.
    pub fn parse(text: &str) -> Result<FilterPattern, PatternFault> {
        let mut cursor = Cursor::new(text);
        let kind = match () {
            () if cursor.eat("{") => Kind::Json(JsonPattern::parse(&mut cursor)?),
            () if cursor.eat("[") => Kind::Fields(Fields::parse(&mut cursor)?),
            () if cursor.eat("%") => Kind::Regex(cursor.regex()?),
            () => Kind::Terms(Terms::parse(&mut cursor)?),
        };
        if cursor.peek().is_some() {
            return Err(cursor.fault());
        }
        Ok(FilterPattern { kind, regexes: cursor.regexes() })
    }

    /// Whether it has a regular expression, of which a log group takes few.
    pub fn has_regex(&self) -> bool {
        self.regexes > 0
    }

    /// What it finds in an event that matches.
    pub fn find<'e>(&'e self, event: &'e LogEvent<'_>) -> Option<Found<'e>> {
        let parts = match &self.kind {
            Kind::Terms(terms) => terms.match_text(event.text).then_some(Parts::Whole),
            Kind::Regex(regex) => regex.matches(event.text).then_some(Parts::Whole),
            Kind::Json(json) => event.json().filter(|event| json.matches(event)).map(Parts::Json),
            Kind::Fields(fields) => fields.find(event.text).map(Parts::Fields),
        };
        parts.map(|parts| Found { pattern: self, parts })
    }
}

impl Found<'_> {
    /// What stands at a reference.
    pub fn value(&self, reference: &Reference) -> Option<String> {
        match (&self.parts, &reference.0) {
            (Parts::Json(event), Place::Property(selector)) => {
                selector.leaf(event).map(|text| text.into_owned())
            }
            (Parts::Fields(fields), Place::Field(name)) => {
                fields.iter().find(|(known, _)| **known == **name).map(|(_, value)| (*value).to_owned())
            }
            (Parts::Whole | Parts::Json(_) | Parts::Fields(_), _) => None,
        }
    }

    /// Everything that the pattern names, with what it is in the event.
    pub fn extracted(self) -> Vec<(String, String)> {
        match (self.parts, &self.pattern.kind) {
            (Parts::Json(event), Kind::Json(pattern)) => pattern.extracted(event),
            (Parts::Fields(fields), _) => {
                fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
            }
            (Parts::Whole | Parts::Json(_), _) => Vec::new(),
        }
    }
}

impl Reference {
    /// Reads a reference; none when the text is none.
    pub fn parse(text: &str) -> Option<Reference> {
        let name = text.strip_prefix('$')?;
        if !name.starts_with('.') {
            return Some(Reference(Place::Field(text.into()))).filter(|_| !name.is_empty());
        }
        let mut cursor = Cursor::new(text);
        let selector = Selector::parse(&mut cursor).ok()?;
        cursor.peek().is_none().then_some(Reference(Place::Property(selector)))
    }
}
