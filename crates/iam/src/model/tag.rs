//! Tags of identities and policies: keys are one whatever their case, and keep the case they were given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Tags in the order of their keys. A key is found whatever its case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String)>", into = "Vec<(String, String)>")]
pub struct Tags(BTreeMap<String, Tag>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tag {
    key: String,
    value: String,
}

impl Tags {
    /// The value of a key, whatever its case.
    pub fn get(&self, key: &str) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&key.to_lowercase()).map(|tag| tag.value.as_str())
    }

    /// Key and value of each, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().map(|tag| (tag.key.as_str(), tag.value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a tag, or puts it in the place of the one whose key differs at most in case. Whether there was one.
    pub fn insert(&mut self, key: &str, value: &str) -> bool {
        let tag = Tag { key: key.to_owned(), value: value.to_owned() };
        self.0.insert(key.to_lowercase(), tag).is_some()
    }

    /// Takes a tag away; one that is not there is no fault.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(&key.to_lowercase());
    }

    /// Bytes of all texts.
    pub fn weight_bytes(&self) -> usize {
        self.iter().map(|(key, value)| 2 * key.len() + value.len()).sum()
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Tags {
        let mut tags = Tags::default();
        for (key, value) in pairs {
            tags.insert(key.as_ref(), value.as_ref());
        }
        tags
    }
}

impl From<Vec<(String, String)>> for Tags {
    fn from(pairs: Vec<(String, String)>) -> Tags {
        pairs.into_iter().collect()
    }
}

impl From<Tags> for Vec<(String, String)> {
    fn from(tags: Tags) -> Vec<(String, String)> {
        tags.0.into_values().map(|tag| (tag.key, tag.value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_and_replaced_whatever_its_case() {
        let mut tags: Tags = [("Team", "a"), ("b", "c")].into_iter().collect();
        assert_eq!(tags.get("tEAM"), Some("a"));
        assert!(tags.insert("TEAM", "x"));
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("b", "c"), ("TEAM", "x")]);
        tags.remove("team");
        assert_eq!((tags.len(), tags.get("team")), (1, None));
    }
}
