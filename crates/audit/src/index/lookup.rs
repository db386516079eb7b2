//! What is asked of the past, and where an answer goes on.

use std::fmt;
use std::str::FromStr;

use claviger_names::{AccountId, Region};
use jiff::Timestamp;
use memchr::memmem::Finder;

use super::block::{Block, Times};
use super::facet::{Attribute, Facet, each_facet};
use super::fingerprint::Scope;
use crate::{Event, Place};

/// Which records are asked for: those of which everything here is true.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// The account whose record it is; none asks for those of all, and of nobody known.
    pub account: Option<AccountId>,
    /// The Region that served it; none asks for those of all.
    pub region: Option<Region>,
    /// What it says.
    pub criteria: Vec<Criterion>,
    /// It was done then or later.
    pub from: Option<Timestamp>,
    /// It was done then or before.
    pub to: Option<Timestamp>,
}

/// One thing that a record must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// The attribute has this value, to the letter.
    Is(Attribute, Box<str>),
    /// The pair stands in an encryption context that was sent.
    Context {
        /// Its name.
        key: Box<str>,
        /// Its value.
        value: Box<str>,
    },
}

impl Criterion {
    fn facet(&self) -> Facet<'_> {
        match self {
            Criterion::Is(attribute, value) => Facet::Is(*attribute, value),
            Criterion::Context { key, value } => Facet::Context { key, value },
        }
    }

    /// A text that the JSON of every record has that says this.
    fn text(&self) -> &str {
        let text = match self {
            // Of a root user there is no name in its record.
            Criterion::Is(Attribute::Username, _) => "",
            Criterion::Is(_, value) | Criterion::Context { value, .. } => value,
        };
        let is_escaped = |byte: u8| !(b' '..=b'~').contains(&byte) || matches!(byte, b'"' | b'\\');
        if text.bytes().any(is_escaped) { "" } else { text }
    }
}

impl Lookup {
    /// Whether the record is one that is asked for.
    pub fn is_met(&self, event: &Event<'_>) -> bool {
        let is_there = self.account.is_none_or(|account| event.recipient() == Some(account))
            && self.region.is_none_or(|region| event.region() == region.as_str())
            && self.from.is_none_or(|from| from <= event.time())
            && self.to.is_none_or(|to| event.time() <= to);
        is_there && self.says_all(event)
    }

    fn says_all(&self, event: &Event<'_>) -> bool {
        let mut missing: Vec<_> = self.criteria.iter().map(Criterion::facet).collect();
        if !missing.is_empty() {
            each_facet(event, |facet| missing.retain(|asked| *asked != facet));
        }
        missing.is_empty()
    }

    /// Whether a record that is asked for may have been done then.
    pub(super) fn may_be_at(&self, times: Times) -> bool {
        self.from.is_none_or(|from| from.as_second() <= times.greatest)
            && self.to.is_none_or(|to| times.least <= to.as_second())
    }

    /// Whether a record that is asked for may be in this block.
    pub(super) fn may_be_in(&self, block: &Block<'_>) -> bool {
        let says_all = |scope: Scope| {
            self.criteria.iter().all(|criterion| block.has(scope.fingerprint(criterion.facet())))
        };
        self.may_be_at(block.times)
            && block.scopes().any(|scope| scope.may_be(self.account, self.region) && says_all(scope))
    }

    /// Finds the longest text that the JSON of every record has that is asked for.
    pub(super) fn finder(&self) -> Finder<'_> {
        Finder::new(
            self.criteria.iter().map(Criterion::text).max_by_key(|text| text.len()).unwrap_or_default(),
        )
    }

    /// Tells this question from others; its times aside, which move on while somebody turns the pages.
    pub(super) fn checksum(&self) -> u32 {
        let Lookup { account, region, criteria, .. } = self;
        super::fingerprint::continued(0, &[format!("{account:?}{region:?}{criteria:?}").as_bytes()])
    }
}

/// Where an answer goes on. Records that are appended meanwhile do not disturb it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The oldest record that was told of.
    pub(super) place: Place,
    /// Of the question.
    pub(super) checksum: u32,
}

/// The text is not one that a look-up answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token of a look-up")]
pub struct MalformedToken;

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Token { place: Place { file, offset }, checksum } = self;
        write!(f, "{file:x}-{offset:x}-{checksum:x}")
    }
}

impl FromStr for Token {
    type Err = MalformedToken;

    fn from_str(text: &str) -> Result<Token, MalformedToken> {
        let mut parts = text.splitn(3, '-').map(|part| u64::from_str_radix(part, 16));
        let mut next = || parts.next().and_then(Result::ok).ok_or(MalformedToken);
        let place = Place { file: next()?, offset: next()? };
        Ok(Token { place, checksum: next()?.try_into().map_err(|_| MalformedToken)? })
    }
}
