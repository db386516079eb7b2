//! Members as they were sent, and the clauses of what they break.

use std::borrow::Cow;

use super::{Members, Notation, Value};
use crate::constraint::{self, Bounds, TextRule};

impl<'a> Members<'a> {
    pub(super) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let at = self.pairs.iter().position(|(other, _)| other == name)?;
        match self.pairs.swap_remove(at).1 {
            Value::Null => None,
            value => Some(value),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Option<Vec<Value<'a>>> {
        match self.take(name)? {
            Value::List(items) => Some(items),
            Value::Text(text) if self.notation == Notation::Query && text.is_empty() => Some(Vec::new()),
            other => self.wrong_type(&other, "a List"),
        }
    }

    pub(super) fn plain_text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        match self.take(name)? {
            Value::Text(text) => Some(text),
            other => self.wrong_type(&other, "a String"),
        }
    }

    pub(super) fn plain_texts(&mut self, name: &str) -> Option<Vec<Cow<'a, str>>> {
        let items = self.list(name)?;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Text(text) => texts.push(text),
                other => return self.wrong_type(&other, "a String"),
            }
        }
        Some(texts)
    }

    pub(super) fn hold_count(&mut self, name: &str, texts: &[Cow<'a, str>], count: Bounds) {
        let length = i64::try_from(texts.len()).unwrap_or(i64::MAX);
        if let Some(broken) = count.broken_by(length, "length") {
            self.clauses.push(constraint::clause(listed(texts), &self.path(name), &broken));
        }
    }

    pub(super) fn hold(&mut self, name: &str, text: &str, rule: &TextRule) {
        for broken in rule.broken_by(text) {
            self.clauses.push(constraint::clause(text, &self.path(name), &broken));
        }
    }

    pub(super) fn wrong_type<T>(&mut self, value: &Value<'_>, wanted: &str) -> Option<T> {
        self.malformed
            .get_or_insert_with(|| format!("{} can not be converted to {wanted}", value.type_name()));
        None
    }

    /// The member's name as messages have it: its first letter small.
    pub(super) fn path(&self, name: &str) -> String {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        format!("{}{}{}", self.prefix, first.map(String::from).unwrap_or_default(), letters.as_str())
    }
}

/// A list as messages show it.
pub(super) fn listed(texts: &[Cow<'_, str>]) -> String {
    format!("[{}]", texts.join(", "))
}
