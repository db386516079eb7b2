//! A regular expression of a filter pattern, which costs little whatever it is held against.

use regex::bytes::{Regex, RegexBuilder};

/// Largest compiled form of a regular expression, and what it may take to be held against a text.
const COMPILED_BYTES_MAX: usize = 10 * 1024;
const DFA_BYTES_MAX: usize = 64 * 1024;

/// How much of a text it is held against.
const TEXT_BYTES_MAX: usize = 4 * 1024;

/// Knows digits, letters and white space of ASCII; of other letters, each byte is one character.
#[derive(Clone, Debug)]
pub(super) struct Expression(Regex);

impl Expression {
    /// None when the text is no regular expression, or too large a one.
    pub(super) fn parse(text: &str) -> Option<Expression> {
        let mut builder = RegexBuilder::new(text);
        builder.unicode(false).size_limit(COMPILED_BYTES_MAX).dfa_size_limit(DFA_BYTES_MAX);
        builder.build().ok().map(Expression)
    }

    /// Whether it matches within the beginning of a text.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.as_bytes();
        self.0.is_match(&text[..text.len().min(TEXT_BYTES_MAX)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compiles_to_much_is_refused() {
        for small in [r"^\w+\s\d{3}$", r"[0-9a-f]{8}-[0-9a-f]{4}", r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"] {
            assert!(Expression::parse(small).is_some(), "{small}");
        }
        for large in ["[ab]*a[ab]{3000}c", "[ab]*a[ab]{200}c", "a{999}"] {
            assert!(Expression::parse(large).is_none(), "{large}");
        }
    }

    #[test]
    fn only_the_beginning_of_a_text_is_looked_at() {
        let found =
            |before: usize| Expression::parse("x").unwrap().matches(&format!("{}x", "a".repeat(before)));
        assert_eq!((found(TEXT_BYTES_MAX - 1), found(TEXT_BYTES_MAX)), (true, false));
        assert!(
            !Expression::parse("é$").unwrap().matches(&"é".repeat(TEXT_BYTES_MAX).replacen('é', "aé", 1))
        );
    }
}
