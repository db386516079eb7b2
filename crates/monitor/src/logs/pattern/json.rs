//! Patterns on JSON log events: `{ ($.eventSource = kms*) && ($.errorMessage = "* is pending deletion.") }`.

use serde_json::Value;

use super::PatternFault;
use super::comparison::Comparison;
use super::cursor::Cursor;
use super::logic::Logic;
use super::selector::Selector;

/// A condition on the properties of an event.
#[derive(Debug)]
pub(super) struct JsonPattern(Logic<Test>);

#[derive(Debug)]
struct Test {
    selector: Selector,
    what: What,
}

#[derive(Debug)]
enum What {
    Compared(Comparison),
    Is(Value),
    NotExists,
}

impl JsonPattern {
    /// Reads a pattern behind its opening brace.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<JsonPattern, PatternFault> {
        let logic = Logic::parse(cursor, &mut test)?;
        cursor.expect("}")?;
        Ok(JsonPattern(logic))
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        self.0.holds(&|test| test.holds(event))
    }

    /// The properties that it tests and what they are in this event, each once.
    pub(super) fn extracted(&self, event: &Value) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        self.0.each(&mut |test| {
            let name = test.selector.as_str();
            let is_known = found.iter().any(|(known, _)| known == name);
            let value = test.selector.leaf(event).filter(|_| !is_known);
            found.extend(value.map(|value| (name.to_owned(), value.into_owned())));
        });
        found
    }
}

impl Test {
    /// A comparison, `!=` too, fails where there is no text, number or boolean to compare.
    fn holds(&self, event: &Value) -> bool {
        match &self.what {
            What::Compared(comparison) => {
                self.selector.leaf(event).is_some_and(|value| comparison.holds(&value))
            }
            What::Is(wanted) => self.selector.find(event) == Some(wanted),
            What::NotExists => self.selector.find(event).is_none(),
        }
    }
}

fn test(cursor: &mut Cursor<'_>) -> Result<Test, PatternFault> {
    let selector = Selector::parse(cursor)?;
    let what = match Comparison::parse(cursor)? {
        Some(comparison) => What::Compared(comparison),
        None if cursor.eat_word("IS") => is_what(cursor)?,
        None if cursor.eat_word("NOT") && cursor.eat_word("EXISTS") => What::NotExists,
        None => return Err(cursor.fault()),
    };
    Ok(Test { selector, what })
}

fn is_what(cursor: &mut Cursor<'_>) -> Result<What, PatternFault> {
    let known = [("TRUE", Value::Bool(true)), ("FALSE", Value::Bool(false)), ("NULL", Value::Null)];
    let found = known.into_iter().find(|(word, _)| cursor.eat_word(word));
    found.map(|(_, value)| What::Is(value)).ok_or_else(|| cursor.fault())
}
