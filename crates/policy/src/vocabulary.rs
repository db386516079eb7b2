//! Condition keys: the list that the request's side knows, and how it is asked for their values.

use crate::value::Values;

/// The condition keys that a request's side can answer.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary(&'static [&'static str]);

/// A condition key as a compiled policy holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    name: Box<str>,
    slot: Option<u16>,
    family_bytes: usize,
}

/// What a request's side tells about the request. Nothing is asked for that no statement needs.
pub trait Context {
    /// The values of a condition key.
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a>;

    /// How statements count that ask for what is not known of the request. None where everything is known, as it is of
    /// a request that is really made.
    fn doubt(&self) -> Option<Doubt> {
        None
    }

    /// Whether nobody knows what the request will have for a key, named as written.
    fn is_in_doubt(&self, _key: &str) -> bool {
        false
    }
}

/// For whom a statement counts whose conditions are not known to be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// What allows matches and what denies does not: what may be done at best.
    ForCaller,
    /// What denies matches and what allows does not: what may be done in any case.
    AgainstCaller,
    /// Neither matches: what may be done as long as nothing in doubt denies it.
    LeftOut,
}

impl Vocabulary {
    /// From a list of keys in lower case; an entry that ends in `:` or `/` is a family, such as `aws:principaltag/`.
    pub const fn new(keys: &'static [&'static str]) -> Vocabulary {
        Vocabulary(keys)
    }

    /// Finds a key as a policy writes it.
    pub(crate) fn key(&self, name: &str) -> ConditionKey {
        let lower = name.to_ascii_lowercase();
        let is_family = |entry: &str| entry.ends_with([':', '/']);
        let belongs = |entry: &&str| {
            if is_family(entry) { lower.starts_with(*entry) && lower != **entry } else { lower == **entry }
        };
        let best = self.0.iter().enumerate().filter(|(_, entry)| belongs(entry)).max_by_key(|(_, e)| e.len());
        let slot = best.and_then(|(slot, _)| u16::try_from(slot).ok());
        let family_bytes = best.map_or(0, |(_, entry)| entry.len());
        ConditionKey { name: name.into(), slot, family_bytes }
    }
}

impl ConditionKey {
    /// The key's index in the vocabulary; none for a key that it does not have.
    pub fn slot(&self) -> Option<u16> {
        self.slot
    }

    /// The whole key, as written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The member of a family as written, such as `Team` of `aws:PrincipalTag/Team`; empty for other keys.
    pub fn member(&self) -> &str {
        match self.slot {
            Some(_) => self.name.get(self.family_bytes..).unwrap_or(""),
            None => "",
        }
    }

    /// Whether this is the member of that name; case does not count.
    pub fn is_member(&self, name: &str) -> bool {
        self.member().eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Vocabulary = Vocabulary::new(&[
        "aws:username",
        "aws:principaltag/",
        "kms:encryptioncontext:",
        "kms:encryptioncontextkeys",
    ]);

    #[test]
    fn keys_are_found_without_regard_to_case_and_keep_their_spelling() {
        let key = WORDS.key("AWS:UserName");
        assert_eq!((key.slot(), key.name(), key.member()), (Some(0), "AWS:UserName", ""));
    }

    #[test]
    fn members_of_a_family_are_told_by_name_without_regard_to_case() {
        let key = WORDS.key("kms:EncryptionContext:Dept:x/Y");
        assert_eq!((key.slot(), key.member()), (Some(2), "Dept:x/Y"));
        assert!(key.is_member("dept:X/y"));
        assert!(!key.is_member("dept"));
        assert_eq!(WORDS.key("kms:EncryptionContextKeys").slot(), Some(3));
    }

    #[test]
    fn a_key_outside_the_vocabulary_has_its_name_alone() {
        for name in ["aws:PrincipalTag/", "aws:usernames", "idp.example.com/x:sub"] {
            let key = WORDS.key(name);
            assert_eq!((key.slot(), key.member(), key.name()), (None, "", name));
        }
    }

    #[test]
    fn the_narrowest_family_that_a_key_belongs_to_counts() {
        let words = Vocabulary::new(&["a:", "a:b/", "a:c"]);
        let of = |name: &str| words.key(name).slot();
        assert_eq!((of("A:b/x"), of("a:c"), of("a:d")), (Some(1), Some(2), Some(0)));
    }
}
