//! Event patterns: which events a rule takes, in the language of EventBridge.

use std::net::IpAddr;

use serde_json::{Number, Value};

mod fault;
mod operator;
mod parse;
#[cfg(test)]
mod tests;
mod text;

pub use fault::PatternFault;

use text::TextTest;

/// Most bytes of a pattern.
pub const PATTERN_BYTES_MAX: usize = 4096;

/// What numbers are compared by value: AWS's bounds, inclusive.
const COMPARABLE_MAX: f64 = 5.0e9;

/// A pattern that was found good. Work on an event is linear in the sizes of both.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPattern(Filter);

/// What an object must hold: all fields, and of each `$or` one alternative.
#[derive(Clone, Debug, Default, PartialEq)]
struct Filter {
    fields: Vec<(Box<str>, Condition)>,
    choices: Vec<Vec<Filter>>,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq)]
enum Condition {
    /// An object that holds this, or an array with one that does.
    Inside(Filter),
    /// One of these, or an array with one of them.
    OneOf(Vec<Test>),
}

/// What one value must be.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Null,
    Flag(bool),
    Number(Number),
    Text(TextTest),
    Range {
        from: Bound,
        to: Bound,
    },
    Cidr {
        from: IpAddr,
        to: IpAddr,
    },
    Present,
    /// Nowhere in the event is a value at this path.
    Absent(Vec<Box<str>>),
    AnythingBut(Vec<Test>),
}

/// An end of a range of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Open,
    Inclusive(f64),
    Exclusive(f64),
}

impl EventPattern {
    /// Reads a pattern from its JSON.
    pub fn parse(text: &str) -> Result<EventPattern, PatternFault> {
        parse::pattern(text).map(EventPattern)
    }

    /// Whether it takes this event.
    pub fn takes(&self, event: &Value) -> bool {
        self.0.holds(event, event)
    }
}

impl Filter {
    /// Everything that a filter asks holds in the same element of an array.
    fn holds(&self, value: &Value, event: &Value) -> bool {
        match value {
            Value::Object(members) => {
                self.fields.iter().all(|(name, condition)| condition.holds(members.get(&**name), event))
                    && self
                        .choices
                        .iter()
                        .all(|choice| choice.iter().any(|filter| filter.holds(value, event)))
            }
            Value::Array(elements) => elements.iter().any(|element| self.holds(element, event)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.holds_in_nothing(event)
            }
        }
    }

    /// Of what is not there only absence can be asked.
    fn holds_in_nothing(&self, event: &Value) -> bool {
        self.fields.iter().all(|(_, condition)| condition.holds(None, event))
            && self.choices.iter().all(|choice| choice.iter().any(|filter| filter.holds_in_nothing(event)))
    }
}

impl Condition {
    fn holds(&self, value: Option<&Value>, event: &Value) -> bool {
        match (self, value) {
            (Condition::Inside(filter), Some(value)) => filter.holds(value, event),
            (Condition::Inside(filter), None) => filter.holds_in_nothing(event),
            (Condition::OneOf(tests), value) => tests.iter().any(|test| match (test, value) {
                (Test::Absent(path), _) => !is_present(event, path),
                (test, Some(value)) => test.holds(value),
                (_, None) => false,
            }),
        }
    }
}

impl Test {
    /// Of an array, one element is enough.
    fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Array(elements) => elements.iter().any(|element| self.holds(element)),
            Value::Object(_) => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => self.holds_for_leaf(value),
        }
    }

    fn holds_for_leaf(&self, value: &Value) -> bool {
        match (self, value) {
            (Test::Present, _) => true,
            (Test::AnythingBut(tests), value) => !tests.iter().any(|test| test.holds_for_leaf(value)),
            (Test::Null, value) => value.is_null(),
            (Test::Flag(wanted), Value::Bool(flag)) => wanted == flag,
            (Test::Number(wanted), Value::Number(number)) => {
                wanted == number || wanted.as_f64() == number.as_f64()
            }
            (Test::Text(wanted), Value::String(text)) => wanted.holds(text),
            (Test::Range { from, to }, Value::Number(number)) => {
                let comparable = number.as_f64().filter(|value| value.abs() <= COMPARABLE_MAX);
                comparable.is_some_and(|value| from.is_below(value) && to.is_above(value))
            }
            // Addresses are ordered by version first.
            (Test::Cidr { from, to }, Value::String(text)) => {
                text.parse::<IpAddr>().is_ok_and(|address| (from..=to).contains(&&address))
            }
            (
                Test::Flag(_)
                | Test::Number(_)
                | Test::Text(_)
                | Test::Range { .. }
                | Test::Cidr { .. }
                | Test::Absent(_),
                _,
            ) => false,
        }
    }
}

impl Bound {
    fn is_below(self, value: f64) -> bool {
        match self {
            Bound::Open => true,
            Bound::Inclusive(bound) => bound <= value,
            Bound::Exclusive(bound) => bound < value,
        }
    }

    fn is_above(self, value: f64) -> bool {
        match self {
            Bound::Open => true,
            Bound::Inclusive(bound) => value <= bound,
            Bound::Exclusive(bound) => value < bound,
        }
    }
}

/// Whether a value that is neither object nor array, nor an empty one of them, stands at this path.
fn is_present(value: &Value, path: &[Box<str>]) -> bool {
    match (value, path) {
        (Value::Array(elements), _) => elements.iter().any(|element| is_present(element, path)),
        (Value::Object(members), [name, rest @ ..]) => {
            members.get(&**name).is_some_and(|member| is_present(member, rest))
        }
        (Value::Object(_), []) => false,
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), path) => path.is_empty(),
    }
}
