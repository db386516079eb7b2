//! Tags of a key, and AWS's rules for them.

use std::collections::BTreeMap;

use claviger_policy::{Sequence, Value};
use claviger_wire::TextRule;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// Most tags on a key.
pub(crate) const TAGS_PER_KEY_MAX: usize = 50;

/// The model's rule for a tag's key.
pub(crate) const TAG_KEY: TextRule = TextRule::length(1, 128);

/// The model's rule for a tag's value.
pub(crate) const TAG_VALUE: TextRule = TextRule::length(0, 256);

/// A key's tags in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The tags of one request: each key once, at most fifty.
    pub(crate) fn of_request<'t>(pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Tags, Fault> {
        let mut tags = BTreeMap::new();
        for (key, value) in pairs {
            check_tag_key(key)?;
            check_letters(value)?;
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(Fault::Tag("Duplicate tag keys"));
            }
        }
        if tags.len() > TAGS_PER_KEY_MAX { Err(Fault::Tag("Too many tags")) } else { Ok(Tags(tags)) }
    }

    /// These tags with others added or put in their place.
    pub(crate) fn with(mut self, others: &Tags) -> Result<Tags, Fault> {
        self.0.extend(others.0.clone());
        if self.0.len() > TAGS_PER_KEY_MAX { Err(Fault::Tag("Too many tags")) } else { Ok(self) }
    }

    /// These tags without those of the given keys; a key that is not there is no fault.
    pub(crate) fn without<'t>(mut self, keys: impl IntoIterator<Item = &'t str>) -> Tags {
        for key in keys {
            self.0.remove(key);
        }
        self
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Key and value of each tag, in the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Bytes of all texts.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}

/// The keys, in order.
impl Sequence for Tags {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn at(&self, index: usize) -> Option<Value<'_>> {
        self.0.keys().nth(index).map(|key| Value::Text(key))
    }
}

/// Refuses a tag key that AWS keeps for itself or whose letters it does not take.
pub(crate) fn check_tag_key(key: &str) -> Result<(), Fault> {
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(Fault::Tag("Tags beginning with aws: are reserved"));
    }
    check_letters(key)
}

fn check_letters(text: &str) -> Result<(), Fault> {
    let allowed = |letter: char| {
        letter.is_alphanumeric()
            || (letter.is_whitespace() && !letter.is_control())
            || "_./=+-:@".contains(letter)
    };
    match text.chars().all(allowed) {
        true => Ok(()),
        false => Err(Fault::Tag("Tag keys and values take letters, digits, spaces and _ . / = + - : @ only")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> Option<&'static str> {
        match Tags::of_request(pairs.iter().copied()) {
            Err(Fault::Tag(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn the_tags_of_a_request_keep_to_the_rules() {
        assert_eq!(told(&[("a", "1"), ("A", "1")]), None);
        assert_eq!(told(&[("a", "1"), ("a", "2")]), Some("Duplicate tag keys"));
        assert_eq!(told(&[("AwS:x", "1")]), Some("Tags beginning with aws: are reserved"));
        assert!(told(&[("a", "1<2")]).is_some());
        let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
        assert_eq!(told(&many), Some("Too many tags"));
    }
}
