//! Patterns of terms that an event holds or does not: `ERROR -Exiting`, `?ERROR ?WARN`, `"two words"`.

use super::PatternFault;
use super::cursor::Cursor;

/// Terms that must, must not, and may be in an event.
#[derive(Debug, Default)]
pub(super) struct Terms {
    included: Vec<String>,
    excluded: Vec<String>,
    optional: Vec<String>,
}

impl Terms {
    /// Reads terms to the end of the pattern.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Terms, PatternFault> {
        let mut terms = Terms::default();
        while cursor.peek().is_some() {
            let kind = match () {
                () if cursor.eat("-") => &mut terms.excluded,
                () if cursor.eat("?") => &mut terms.optional,
                () => &mut terms.included,
            };
            kind.push(term(cursor)?);
        }
        Ok(terms)
    }

    /// Whether an event matches: optional terms count only where there are no others.
    pub(super) fn match_text(&self, event: &str) -> bool {
        let has = |term: &String| event.contains(term.as_str());
        let only_optional = self.included.is_empty() && self.excluded.is_empty() && !self.optional.is_empty();
        if only_optional {
            return self.optional.iter().any(has);
        }
        self.included.iter().all(has) && !self.excluded.iter().any(has)
    }
}

fn term(cursor: &mut Cursor<'_>) -> Result<String, PatternFault> {
    if cursor.eat("\"") {
        return cursor.quoted();
    }
    cursor.peek();
    match cursor.run(|letter| letter.is_alphanumeric() || letter == '_') {
        "" => Err(cursor.fault()),
        word => Ok(word.to_owned()),
    }
}
