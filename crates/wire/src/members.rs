//! The members of a request, taken one by one; what fails the model is collected and told at once.

#[cfg(test)]
mod breaches;
mod numbers;
mod raw;
mod time;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::raw::listed;
use crate::constraint::{self, Bounds, Enumerated, TextRule};
use crate::{Value, WireFault};

/// The members of a structure. Take them in the order of the model, then [`Members::finish`].
pub struct Members<'a> {
    pairs: Vec<(Cow<'a, str>, Value<'a>)>,
    notation: Notation,
    prefix: String,
    clauses: Vec<String>,
    malformed: Option<String>,
}

/// How a protocol writes what is no text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// As JSON does.
    Json,
    /// As text, and an empty list as an empty text.
    Query,
}

impl<'a> Members<'a> {
    /// Reads a request body.
    pub fn read(body: &'a [u8]) -> Result<Members<'a>, WireFault> {
        match Value::read(body)? {
            Value::Object(pairs) => Ok(Members::of(pairs, Notation::Json, String::new())),
            _ => Err(WireFault::Serialization(Some("Unexpected field type".to_owned()))),
        }
    }

    /// Reads a request body in CBOR.
    pub fn read_cbor(body: &'a [u8]) -> Result<Members<'a>, WireFault> {
        match Value::read_cbor(body)? {
            Value::Object(pairs) => Ok(Members::of(pairs, Notation::Json, String::new())),
            _ => Err(WireFault::Serialization(Some("Unexpected field type".to_owned()))),
        }
    }

    /// The members of a request in AWS Query, whose leaves are all texts.
    pub(crate) fn of_query(pairs: Vec<(Cow<'a, str>, Value<'a>)>) -> Members<'a> {
        Members::of(pairs, Notation::Query, String::new())
    }

    fn of(pairs: Vec<(Cow<'a, str>, Value<'a>)>, notation: Notation, prefix: String) -> Members<'a> {
        Members { pairs, notation, prefix, clauses: Vec::new(), malformed: None }
    }

    /// The request, if every member kept to the model; else the one error that names all that did not.
    pub fn finish<R>(self, request: R) -> Result<R, WireFault> {
        if let Some(malformed) = self.malformed {
            return Err(WireFault::Serialization(Some(malformed).filter(|text| !text.is_empty())));
        }
        if !self.clauses.is_empty() {
            return Err(WireFault::Validation(constraint::message(&self.clauses)));
        }
        Ok(request)
    }

    /// A string.
    pub fn text(&mut self, name: &str, rule: &TextRule) -> Option<Cow<'a, str>> {
        let text = self.plain_text(name)?;
        self.hold(name, &text, rule);
        Some(text)
    }

    /// A string that must be there. When it is not, an empty one stands in until `finish` refuses.
    pub fn required_text(&mut self, name: &str, rule: &TextRule) -> Cow<'a, str> {
        let text = self.text(name, rule);
        self.required(name, text)
    }

    /// A string whose value AWS keeps out of messages.
    pub fn secret_text(&mut self, name: &str, rule: &TextRule) -> Option<Cow<'a, str>> {
        let text = self.plain_text(name)?;
        let path = self.path(name);
        self.clauses
            .extend(rule.broken_by(&text).map(|broken| constraint::clause_without_value(&path, &broken)));
        Some(text)
    }

    /// A member of a closed set of strings.
    pub fn one_of<E: Enumerated>(&mut self, name: &str) -> Option<E> {
        let text = self.plain_text(name)?;
        let found = E::NAMES.iter().find(|(known, _)| *known == text).map(|(_, value)| *value);
        if found.is_none() {
            self.clauses.push(constraint::clause(&text, &self.path(name), &constraint::enumeration::<E>()));
        }
        found
    }

    /// A member of a closed set that must be there. When it is not, the first of the set stands in until `finish` refuses.
    pub fn required_one_of<E: Enumerated>(&mut self, name: &str) -> E {
        let found = self.one_of(name);
        self.required(name, found.map(|_| ()));
        found.unwrap_or(E::NAMES[0].1)
    }

    /// A list of members of a closed set.
    pub fn list_of<E: Enumerated>(&mut self, name: &str, count: Bounds) -> Option<Vec<E>> {
        let texts = self.plain_texts(name)?;
        self.hold_count(name, &texts, count);
        let known =
            |text: &Cow<'a, str>| E::NAMES.iter().find(|(name, _)| name == text).map(|(_, value)| *value);
        if texts.iter().any(|text| known(text).is_none()) {
            let inner = format!("Member must satisfy constraint: [{}]", constraint::enumeration::<E>());
            self.clauses.push(constraint::clause(listed(&texts), &self.path(name), &inner));
        }
        Some(texts.iter().filter_map(known).collect())
    }

    /// A whole number.
    pub fn whole(&mut self, name: &str, bounds: Bounds) -> Option<i64> {
        let number = match self.take(name)? {
            Value::Whole(number) => number,
            Value::Fraction(number) if number.fract() == 0.0 => number as i64,
            Value::Text(text) if self.notation == Notation::Query => match whole_of(&text) {
                Some(number) => number,
                None => return self.wrong_type(&Value::Text(text), "an Integer"),
            },
            other => return self.wrong_type(&other, "an Integer"),
        };
        if let Some(broken) = bounds.broken_by(number, "value") {
            self.clauses.push(constraint::clause(number, &self.path(name), &broken));
        }
        Some(number)
    }

    /// A boolean.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            Value::Text(text) if self.notation == Notation::Query && text == "true" => Some(true),
            Value::Text(text) if self.notation == Notation::Query && text == "false" => Some(false),
            other => self.wrong_type(&other, "a Boolean"),
        }
    }

    /// Bytes, in Base64 on the wire; `bounds` count the bytes.
    pub fn blob(&mut self, name: &str, bounds: Bounds) -> Option<Vec<u8>> {
        let text = match self.take(name)? {
            Value::Text(text) => text,
            other => return self.wrong_type(&other, "a Blob"),
        };
        let Ok(bytes) = STANDARD.decode(text.as_bytes()) else {
            self.malformed.get_or_insert_default();
            return None;
        };
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if let Some(broken) = bounds.broken_by(size, "length") {
            self.clauses.push(constraint::clause_without_value(&self.path(name), &broken));
        }
        Some(bytes)
    }

    /// Bytes that must be there.
    pub fn required_blob(&mut self, name: &str, bounds: Bounds) -> Vec<u8> {
        let bytes = self.blob(name, bounds);
        self.required(name, bytes)
    }

    /// A map from string to string, in the order sent.
    pub fn map(&mut self, name: &str) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        let pairs = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Object(pairs)) => pairs,
            Some(other) => return self.wrong_type(&other, "a Map").unwrap_or_default(),
        };
        let mut map = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            match value {
                Value::Text(text) => map.push((key, text)),
                Value::Null => {}
                other => drop(self.wrong_type::<()>(&other, "a String")),
            }
        }
        map
    }

    /// A list of strings.
    pub fn texts(&mut self, name: &str, count: Bounds, rule: &TextRule) -> Option<Vec<Cow<'a, str>>> {
        let texts = self.plain_texts(name)?;
        self.hold_count(name, &texts, count);
        let broken: Vec<String> = texts.iter().flat_map(|text| rule.broken_by(text)).collect();
        if !broken.is_empty() {
            let inner = format!("Member must satisfy constraint: [{}]", broken.join(", "));
            self.clauses.push(constraint::clause(listed(&texts), &self.path(name), &inner));
        }
        Some(texts)
    }

    /// A list of structures, each read by `read`; their members are named `list.1.member.x` in messages.
    pub fn structures<R>(&mut self, name: &str, read: impl Fn(&mut Members<'a>) -> R) -> Option<Vec<R>> {
        let items = self.list(name)?;
        let path = self.path(name);
        let mut structures = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let pairs = match item {
                Value::Object(pairs) => pairs,
                other => return self.wrong_type(&other, "a Structure"),
            };
            structures.push(self.nested(pairs, format!("{path}.{}.member.", at + 1), &read));
        }
        Some(structures)
    }

    /// A structure, read by `read`; its members are named `outer.x` in messages.
    pub fn structure<R>(&mut self, name: &str, read: impl Fn(&mut Members<'a>) -> R) -> Option<R> {
        let pairs = match self.take(name)? {
            Value::Object(pairs) => pairs,
            other => return self.wrong_type(&other, "a Structure"),
        };
        let prefix = format!("{}.", self.path(name));
        Some(self.nested(pairs, prefix, &read))
    }

    /// Notes that a member which must be there is not.
    pub fn required<T: Default>(&mut self, name: &str, value: Option<T>) -> T {
        let absent = value.is_none() && self.malformed.is_none();
        let wrong = self.clauses.iter().any(|clause| clause.contains(&format!("at '{}'", self.path(name))));
        if absent && !wrong {
            self.clauses.push(constraint::clause_missing(&self.path(name)));
        }
        value.unwrap_or_default()
    }

    /// Notes that a list of structures has fewer or more items than it may.
    pub fn counted<T>(&mut self, name: &str, items: &[T], count: Bounds) {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if let Some(broken) = count.broken_by(length, "length") {
            self.clauses.push(constraint::clause_without_value(&self.path(name), &broken));
        }
    }

    fn nested<R>(
        &mut self,
        pairs: Vec<(Cow<'a, str>, Value<'a>)>,
        prefix: String,
        read: &impl Fn(&mut Members<'a>) -> R,
    ) -> R {
        let mut inner = Members::of(pairs, self.notation, prefix);
        let structure = read(&mut inner);
        self.clauses.append(&mut inner.clauses);
        if self.malformed.is_none() {
            self.malformed = inner.malformed;
        }
        structure
    }
}

/// A whole number in the one spelling it has.
fn whole_of(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pattern;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Size {
        Large,
        Small,
    }

    impl Enumerated for Size {
        const NAMES: &'static [(&'static str, Size)] = &[("LARGE", Size::Large), ("SMALL", Size::Small)];
    }

    const NAME: TextRule = TextRule::matching(
        1,
        4,
        Pattern {
            text: "^[a-z]+$",
            holds: |text| text.bytes().all(|b| b.is_ascii_lowercase()) && !text.is_empty(),
        },
    );

    fn told(body: &str, take: impl Fn(&mut Members<'_>)) -> WireFault {
        let mut members = Members::read(body.as_bytes()).unwrap();
        take(&mut members);
        members.finish(()).unwrap_err()
    }

    fn invalid(text: &str) -> WireFault {
        WireFault::Validation(text.to_owned())
    }

    #[test]
    fn a_missing_member_and_one_that_is_null_are_told_alike() {
        let text = "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: \
                    Member must not be null";
        for body in ["{}", r#"{"KeyId":null}"#] {
            assert_eq!(told(body, |m| drop(m.required_text("KeyId", &NAME))), invalid(text));
        }
    }

    #[test]
    fn all_failed_constraints_are_told_in_one_message() {
        let take = |m: &mut Members<'_>| {
            m.required_text("KeyId", &NAME);
            m.whole("NumberOfBytes", Bounds::new(1, 1024));
            m.one_of::<Size>("Size");
            m.blob("Plaintext", Bounds::new(1, 2));
        };
        let text = "5 validation errors detected: \
            Value 'ABCDE' at 'keyId' failed to satisfy constraint: \
            Member must satisfy regular expression pattern: ^[a-z]+$; \
            Value 'ABCDE' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 4; \
            Value '0' at 'numberOfBytes' failed to satisfy constraint: \
            Member must have value greater than or equal to 1; \
            Value 'x' at 'size' failed to satisfy constraint: Member must satisfy enum value set: [LARGE, SMALL]; \
            Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 2";
        let body = r#"{"KeyId":"ABCDE","NumberOfBytes":0,"Size":"x","Plaintext":"YWJj"}"#;
        assert_eq!(told(body, take), invalid(text));
    }

    #[test]
    fn members_of_listed_structures_are_named_by_their_place() {
        let take = |m: &mut Members<'_>| {
            m.structures("Tags", |tag| drop(tag.required_text("TagKey", &NAME)));
        };
        let text = "1 validation error detected: Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: \
                    Member must have length greater than or equal to 1";
        let rule = |body| told(body, take);
        let WireFault::Validation(message) = rule(r#"{"Tags":[{"TagKey":"a"},{"TagKey":""}]}"#) else {
            panic!()
        };
        assert!(message.contains(&text["1 validation error detected: ".len()..]), "{message}");
    }

    #[test]
    fn a_value_of_the_wrong_json_type_does_not_deserialize() {
        let text = |text: &str| WireFault::Serialization(Some(text.to_owned()));
        let key = |m: &mut Members<'_>| drop(m.required_text("KeyId", &NAME));
        assert_eq!(told(r#"{"KeyId":5}"#, key), text("NUMBER_VALUE can not be converted to a String"));
        let flag = |m: &mut Members<'_>| assert_eq!(m.flag("DryRun"), None);
        assert_eq!(
            told(r#"{"DryRun":"true"}"#, flag),
            text("STRING_VALUE can not be converted to a Boolean")
        );
        let blob = |m: &mut Members<'_>| drop(m.blob("Blob", Bounds::new(1, 9)));
        assert_eq!(told(r#"{"Blob":"@@"}"#, blob), WireFault::Serialization(None));
        assert_eq!(Members::read(b"[]").err(), Some(text("Unexpected field type")));
    }

    #[test]
    fn lengths_are_counted_in_utf16_units() {
        let rule = TextRule::length(0, 2);
        let mut members = Members::read("{\"A\":\"\u{1F511}\",\"B\":\"\u{1F511}x\"}".as_bytes()).unwrap();
        members.text("A", &rule);
        assert!(members.clauses.is_empty());
        members.text("B", &rule);
        assert_eq!(members.clauses.len(), 1);
    }

    #[test]
    fn unknown_members_are_ignored() {
        let mut members = Members::read(br#"{"Other":{"x":[1]},"KeyId":"a"}"#).unwrap();
        let key = members.required_text("KeyId", &NAME);
        assert_eq!(members.finish(key), Ok(Cow::Borrowed("a")));
    }
}
