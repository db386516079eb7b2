//! What a text may be asked for.

use std::net::IpAddr;

use super::fault::PatternFault;

/// What a text must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextTest {
    Exact(Box<str>),
    /// The same address, however it is written.
    Address(IpAddr),
    Prefix(Box<str>),
    Suffix(Box<str>),
    IgnoringCase(Place, Box<str>),
    Wildcard(Wildcard),
}

/// Which part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Whole,
    Start,
    End,
}

/// The pieces between the `*`, at least one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wildcard(Vec<String>);

impl TextTest {
    /// This text, by its value where it is an IP address.
    pub(super) fn exact(text: &str) -> TextTest {
        text.parse().map_or_else(|_| TextTest::Exact(text.into()), TextTest::Address)
    }

    /// This text, in whatever case.
    pub(super) fn ignoring_case(place: Place, text: &str) -> TextTest {
        TextTest::IgnoringCase(place, folded(text).into())
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Exact(wanted) => **wanted == *text,
            TextTest::Address(wanted) => text.parse::<IpAddr>().is_ok_and(|address| address == *wanted),
            TextTest::Prefix(wanted) => text.starts_with(&**wanted),
            TextTest::Suffix(wanted) => text.ends_with(&**wanted),
            TextTest::IgnoringCase(Place::Whole, wanted) => folded(text) == **wanted,
            TextTest::IgnoringCase(Place::Start, wanted) => folded(text).starts_with(&**wanted),
            TextTest::IgnoringCase(Place::End, wanted) => folded(text).ends_with(&**wanted),
            TextTest::Wildcard(wildcard) => wildcard.holds(text),
        }
    }
}

fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl Wildcard {
    /// `*` stands for any text; `\*` and `\\` for themselves.
    pub(super) fn parse(text: &str) -> Result<Wildcard, PatternFault> {
        let mut pieces = vec![String::new()];
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let literal = match (character, next) {
                ('*', Some('*')) => return Err(PatternFault::WildcardTwice { at }),
                ('*', _) => {
                    pieces.push(String::new());
                    continue;
                }
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    characters.next();
                    escaped
                }
                ('\\', _) => return Err(PatternFault::WildcardEscape { at }),
                (character, _) => character,
            };
            pieces.last_mut().into_iter().for_each(|piece| piece.push(literal));
        }
        Ok(Wildcard(pieces))
    }

    /// The first piece opens the text, the last ends it, and the others are found one after another as early as can be:
    /// if they fit anywhere they fit there, so nothing is tried twice.
    fn holds(&self, text: &str) -> bool {
        let [first, between @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|only| only == text);
        };
        let inner = text.strip_prefix(&**first).and_then(|rest| rest.strip_suffix(&**last));
        inner
            .and_then(|inner| {
                between
                    .iter()
                    .try_fold(inner, |rest, piece| rest.find(&**piece).map(|at| &rest[at + piece.len()..]))
            })
            .is_some()
    }
}
