//! The condition keys that a simulation is given values for.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_policy::{ConditionKey, Context, Sequence, Value, Values};
use claviger_wire::{Bounds, Enumerated, Members, TextRule};

use crate::api::Fault;

const KEY_NAME: TextRule = TextRule::length(5, 256);
const VALUE: TextRule = TextRule::length(0, i64::MAX);
const VALUE_COUNT: Bounds = Bounds::new(0, i64::MAX);

/// A member of ContextEntries.
pub(in crate::api::iam) struct Entry {
    name: String,
    values: Vec<String>,
    kind: Option<ValueKind>,
}

/// What the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueKind {
    Text,
    Number,
    Flag,
    Address,
    Bytes,
    Time,
}

/// The values of every key that was given, by the key's name in lower case.
#[derive(Default)]
pub(super) struct Supplied(BTreeMap<String, Given>);

/// The values of one key.
enum Given {
    Texts(Vec<String>),
    Bytes(Vec<Vec<u8>>),
}

impl Enumerated for ValueKind {
    const NAMES: &'static [(&'static str, ValueKind)] = &[
        ("string", ValueKind::Text),
        ("stringList", ValueKind::Text),
        ("numeric", ValueKind::Number),
        ("numericList", ValueKind::Number),
        ("boolean", ValueKind::Flag),
        ("booleanList", ValueKind::Flag),
        ("ip", ValueKind::Address),
        ("ipList", ValueKind::Address),
        ("binary", ValueKind::Bytes),
        ("binaryList", ValueKind::Bytes),
        ("date", ValueKind::Time),
        ("dateList", ValueKind::Time),
    ];
}

impl Entry {
    /// Takes ContextEntries.
    pub(super) fn take_all(members: &mut Members<'_>) -> Vec<Entry> {
        let read = |entry: &mut Members<'_>| Entry {
            name: entry.text("ContextKeyName", &KEY_NAME).unwrap_or_default().into_owned(),
            values: super::texts(entry, "ContextKeyValues", VALUE_COUNT, &VALUE).unwrap_or_default(),
            kind: entry.one_of::<ValueKind>("ContextKeyType"),
        };
        members.structures("ContextEntries", read).unwrap_or_default()
    }

    fn given(&self) -> Result<Given, Fault> {
        let kind = self.kind.unwrap_or(ValueKind::Text);
        let refused = |value: &str| {
            let text = format!("Invalid value for context key {}: {value}", self.name);
            Fault::InvalidInput(text.into())
        };
        if kind == ValueKind::Bytes {
            let decoded = |value: &String| STANDARD.decode(value).map_err(|_| refused(value));
            return Ok(Given::Bytes(self.values.iter().map(decoded).collect::<Result<_, _>>()?));
        }
        match self.values.iter().find(|value| !kind.holds(value)) {
            Some(wrong) => Err(refused(wrong)),
            None => Ok(Given::Texts(self.values.clone())),
        }
    }
}

impl ValueKind {
    /// Whether a text is such a value.
    fn holds(self, text: &str) -> bool {
        let is_number = || text.parse::<f64>().is_ok_and(f64::is_finite);
        match self {
            ValueKind::Text | ValueKind::Bytes => true,
            ValueKind::Number => is_number(),
            ValueKind::Flag => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            ValueKind::Address => text.parse::<IpAddr>().is_ok(),
            ValueKind::Time => {
                let is_date = text.parse::<jiff::civil::Date>().is_ok();
                is_number() || is_date || text.parse::<jiff::Timestamp>().is_ok()
            }
        }
    }
}

impl Supplied {
    /// What the entries say; refused when one is not of its type, or a key is given twice.
    pub(super) fn read(entries: &[Entry]) -> Result<Supplied, Fault> {
        let mut supplied = BTreeMap::new();
        for entry in entries {
            if supplied.insert(entry.name.to_ascii_lowercase(), entry.given()?).is_some() {
                return Err(Fault::InvalidInput(format!("Duplicate context key: {}", entry.name).into()));
            }
        }
        Ok(Supplied(supplied))
    }
}

impl Context for Supplied {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match self.0.get(&key.name().to_ascii_lowercase()) {
            None => Values::Absent,
            Some(given) if given.len() == 1 => given.at(0).map_or(Values::Absent, Values::One),
            Some(given) => Values::Many(given),
        }
    }
}

impl Sequence for Given {
    fn len(&self) -> usize {
        match self {
            Given::Texts(texts) => texts.len(),
            Given::Bytes(list) => list.len(),
        }
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        match self {
            Given::Texts(texts) => texts.get(index).map(|text| Value::Text(text)),
            Given::Bytes(list) => list.get(index).map(|bytes| Value::Bytes(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: ValueKind, values: &[&str]) -> Entry {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Entry { name: "aws:Key".into(), values, kind: Some(kind) }
    }

    #[test]
    fn values_keep_to_their_type() {
        for (kind, good, wrong) in [
            (ValueKind::Number, "-1.5", "one"),
            (ValueKind::Flag, "True", "yes"),
            (ValueKind::Address, "2001:db8::1", "203.0.113.0/24"),
            (ValueKind::Bytes, "aGVsbG8=", "@"),
            (ValueKind::Time, "2026-01-31T12:00:00Z", "tomorrow"),
            (ValueKind::Time, "1440938160", "12:00"),
            (ValueKind::Time, "2026-01-31", "2026-02-31"),
        ] {
            assert!(Supplied::read(&[entry(kind, &[good])]).is_ok(), "{kind:?} {good}");
            let refused = Supplied::read(&[entry(kind, &[good, wrong])]);
            let text = format!("Invalid value for context key aws:Key: {wrong}");
            assert!(matches!(refused, Err(Fault::InvalidInput(told)) if told == text), "{kind:?} {wrong}");
        }
    }

    #[test]
    fn a_key_is_given_once_whatever_its_case() {
        let mut other = entry(ValueKind::Text, &["x"]);
        other.name = "AWS:key".into();
        let refused = Supplied::read(&[entry(ValueKind::Text, &["x"]), other]);
        assert!(
            matches!(refused, Err(Fault::InvalidInput(told)) if told == "Duplicate context key: AWS:key")
        );
    }
}
