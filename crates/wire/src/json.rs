//! JSON read once into borrowed values; what two readers could understand differently is refused.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::WireFault;

/// Deepest nesting of a body. The deepest member of the API has four levels.
pub const DEPTH_MAX: u32 = 16;

/// Most values in a body, so that what is read stays in proportion to what was sent.
pub const NODES_MAX: u32 = 10_000;

/// From this many members on, duplicates are looked for in a set instead of one by one.
const LINEAR_MEMBERS_MAX: usize = 16;

/// A JSON value that borrows its text from the body where it can.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`: AWS takes it as an absent member.
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number of at most 64 bits.
    Whole(i64),
    /// Any other number.
    Fraction(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
    /// An object, its members in the order sent, none twice.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Reads a whole body. An empty one is an object without members.
    pub fn read(body: &'a [u8]) -> Result<Value<'a>, WireFault> {
        if body.is_empty() {
            return Ok(Value::Object(Vec::new()));
        }
        // Once for all of it, which is faster than text by text.
        let body = std::str::from_utf8(body).map_err(|_| WireFault::Serialization(None))?;
        let nodes = Cell::new(NODES_MAX);
        let mut reader = serde_json::Deserializer::from_str(body);
        let value = Node { depth: DEPTH_MAX, nodes: &nodes }
            .deserialize(&mut reader)
            .and_then(|value| reader.end().map(|()| value));
        value.map_err(|_| WireFault::Serialization(None))
    }

    /// What AWS's deserializer calls a value of this type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "NULL_VALUE",
            Value::Bool(true) => "TRUE_VALUE",
            Value::Bool(false) => "FALSE_VALUE",
            Value::Whole(_) => "NUMBER_VALUE",
            Value::Fraction(_) => "DECIMAL_VALUE",
            Value::Text(_) => "STRING_VALUE",
            Value::List(_) => "LIST_VALUE",
            Value::Object(_) => "STRUCTURE_VALUE",
        }
    }
}

/// One value still to be read, with what nesting and how many values are left to it.
struct Node<'n> {
    depth: u32,
    nodes: &'n Cell<u32>,
}

impl Node<'_> {
    fn below<E: Error>(&self) -> Result<Node<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Node { depth, nodes: self.nodes })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        let left = self.nodes.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.nodes.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Whole(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Fraction(value as f64), Value::Whole))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Fraction(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below()?)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let mut object: Vec<(Cow<'de, str>, Value<'de>)> = Vec::new();
        let mut seen: HashSet<Cow<'de, str>> = HashSet::new();
        while let Some(name) = members.next_key_seed(Name)? {
            let twice = if object.len() < LINEAR_MEMBERS_MAX {
                object.iter().any(|(other, _)| *other == name)
            } else {
                if seen.is_empty() {
                    seen.extend(object.iter().map(|(name, _)| name.clone()));
                }
                !seen.insert(name.clone())
            };
            if twice {
                return Err(A::Error::custom("a member stands twice"));
            }
            object.push((name, members.next_value_seed(self.below()?)?));
        }
        Ok(Value::Object(object))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REFUSED: Result<Value<'static>, WireFault> = Err(WireFault::Serialization(None));

    #[test]
    fn an_empty_body_is_an_object_without_members() {
        assert_eq!(Value::read(b""), Ok(Value::Object(Vec::new())));
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_however_it_is_written() {
        assert_eq!(Value::read(br#"{"KeyId":"a","KeyId":"b"}"#), REFUSED);
        assert_eq!(Value::read(br#"{"KeyId":"a","Key\u0049d":"b"}"#), REFUSED);
        assert_eq!(Value::read(br#"{"x":[{"a":1,"a":1}]}"#), REFUSED);
        let many: Vec<String> = (0..40).chain([3]).map(|n| format!("\"m{n}\":0")).collect();
        assert_eq!(Value::read(format!("{{{}}}", many.join(",")).as_bytes()), REFUSED);
    }

    #[test]
    fn depth_and_size_have_their_limits() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Value::read(nested(DEPTH_MAX as usize).as_bytes()).is_ok());
        assert_eq!(Value::read(nested(DEPTH_MAX as usize + 1).as_bytes()), REFUSED);
        assert_eq!(Value::read(nested(1_000_000).as_bytes()), REFUSED);
        let wide = |count: u32| format!("[{}]", vec!["0"; count as usize].join(","));
        assert!(Value::read(wide(NODES_MAX - 1).as_bytes()).is_ok());
        assert_eq!(Value::read(wide(NODES_MAX).as_bytes()), REFUSED);
    }

    #[test]
    fn what_is_not_one_json_text_is_refused() {
        for wrong in ["{", "{} {}", "{'a':1}", "{\"a\":\"\u{1}\"}", "nul", "{\"a\":1,}", "\u{feff}{}"] {
            assert_eq!(Value::read(wrong.as_bytes()), REFUSED, "{wrong}");
        }
        assert_eq!(Value::read(b"{\"a\":\"\xff\"}"), REFUSED);
        assert_eq!(Value::read(br#"{"a":"\ud800"}"#), REFUSED);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail_otherwise(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            match Value::read(&body) {
                Ok(_) => {}
                Err(fault) => prop_assert_eq!(fault, WireFault::Serialization(None)),
            }
        }
    }
}
