//! The constraints of the API model, and how AWS words that one failed.

use std::fmt::Display;

/// Smallest and largest length or value, both allowed.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Smallest allowed.
    pub min: i64,
    /// Largest allowed.
    pub max: i64,
}

/// A regular expression of the model: its text for the message, and a function that decides it.
#[derive(Clone, Copy)]
pub struct Pattern {
    /// The expression as the model writes it.
    pub text: &'static str,
    /// Whether a text matches it.
    pub holds: fn(&str) -> bool,
}

/// What the model says of a string.
#[derive(Clone, Copy)]
pub struct TextRule {
    /// Length in UTF-16 units, as AWS counts.
    pub length: Bounds,
    /// The pattern, if it has one.
    pub pattern: Option<Pattern>,
}

/// A closed set of strings.
pub trait Enumerated: Copy + 'static {
    /// Every member with its name on the wire, in the order of AWS's message where that is known.
    const NAMES: &'static [(&'static str, Self)];
}

impl Bounds {
    /// Both bounds, which are allowed themselves.
    pub const fn new(min: i64, max: i64) -> Bounds {
        Bounds { min, max }
    }

    /// The clause of a length or value outside the bounds, if it is.
    pub(crate) fn broken_by(self, size: i64, what: &str) -> Option<String> {
        if size < self.min {
            Some(format!("Member must have {what} greater than or equal to {}", self.min))
        } else if size > self.max {
            Some(format!("Member must have {what} less than or equal to {}", self.max))
        } else {
            None
        }
    }
}

impl TextRule {
    /// A string of so many characters.
    pub const fn length(min: i64, max: i64) -> TextRule {
        TextRule { length: Bounds::new(min, max), pattern: None }
    }

    /// A string of so many characters that matches a pattern.
    pub const fn matching(min: i64, max: i64, pattern: Pattern) -> TextRule {
        TextRule { length: Bounds::new(min, max), pattern: Some(pattern) }
    }

    /// The clauses that the text fails, in AWS's order.
    pub(crate) fn broken_by(&self, text: &str) -> impl Iterator<Item = String> + use<> {
        let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        let length = self.length.broken_by(units, "length");
        let pattern = self
            .pattern
            .filter(|pattern| !(pattern.holds)(text))
            .map(|pattern| format!("Member must satisfy regular expression pattern: {}", pattern.text));
        pattern.into_iter().chain(length)
    }
}

/// The clause of a member outside its enumeration.
pub(crate) fn enumeration<E: Enumerated>() -> String {
    let names: Vec<&str> = E::NAMES.iter().map(|(name, _)| *name).collect();
    format!("Member must satisfy enum value set: [{}]", names.join(", "))
}

/// `Value 'x' at 'member' failed to satisfy constraint: …`
pub(crate) fn clause(value: impl Display, path: &str, constraint: &str) -> String {
    format!("Value '{value}' at '{path}' failed to satisfy constraint: {constraint}")
}

/// The same for a member whose value AWS keeps out of the message.
pub(crate) fn clause_without_value(path: &str, constraint: &str) -> String {
    format!("Value at '{path}' failed to satisfy constraint: {constraint}")
}

/// The clause of a required member that is absent.
pub(crate) fn clause_missing(path: &str) -> String {
    format!("Value null at '{path}' failed to satisfy constraint: Member must not be null")
}

/// All clauses as AWS puts them into one message.
pub(crate) fn message(clauses: &[String]) -> String {
    let plural = if clauses.len() == 1 { "error" } else { "errors" };
    format!("{} validation {plural} detected: {}", clauses.len(), clauses.join("; "))
}
