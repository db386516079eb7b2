//! A block: some records that stand together in a file of the trail, and what the index knows of them. Its bytes are
//! described in `docs/trail-format.md`.

use std::iter;

use crate::Entry;
use crate::chain::CHAIN_TEXT_BYTES;

use super::facet::each_facet;
use super::fingerprint::{Scope, continued};

/// Most records of a block.
const RECORDS_MAX: usize = 256;

/// A block ends with the record that reaches this size.
pub(super) const BLOCK_BYTES: u64 = 1024 * 1024;

/// What a file of the index begins with: its format's version, too.
pub(super) const MAGIC: &[u8; 16] = b"claviger index 1";

/// What the checksum of the first block goes on from.
pub(super) fn first_checksum() -> u32 {
    continued(0, &[MAGIC])
}

/// A block as it stands in the index.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    /// Where its first record begins in the file of the trail.
    pub(super) begin: u64,
    /// Where its last record's line ends.
    pub(super) end: u64,
    /// Records since the beginning of the trail, its own included.
    pub(super) records: u64,
    pub(super) times: Times,
    /// The chain's value at its end, which tells whether it is of this trail.
    pub(super) chain: &'a [u8; CHAIN_TEXT_BYTES],
    /// Sorted.
    scopes: &'a [[[u8; 4]; 2]],
    /// Sorted.
    fingerprints: &'a [[u8; 4]],
    /// Over it and all before it.
    pub(super) checksum: u32,
}

/// The least and the greatest event time, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) least: i64,
    pub(super) greatest: i64,
}

impl Times {
    pub(super) const NONE: Times = Times { least: i64::MAX, greatest: i64::MIN };

    pub(super) fn and(self, other: Times) -> Times {
        Times { least: self.least.min(other.least), greatest: self.greatest.max(other.greatest) }
    }
}

impl<'a> Block<'a> {
    /// Takes a block off the front of what follows a block with this checksum; none if it is damaged or unfinished.
    pub(super) fn take(bytes: &mut &'a [u8], before: u32) -> Option<Block<'a>> {
        let mut rest = *bytes;
        let length = fixed(&mut rest).map(u32::from_le_bytes)?;
        let (mut body, mut rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let checksum = fixed(&mut rest).map(u32::from_le_bytes)?;
        if continued(before, &[&length.to_le_bytes(), body]) != checksum {
            return None;
        }
        let mut number = || fixed(&mut body);
        let [begin, end, records] = [number()?, number()?, number()?].map(u64::from_le_bytes);
        let [least, greatest] = [number()?, number()?].map(i64::from_le_bytes);
        let chain = body.split_first_chunk().map(|(chain, rest)| {
            body = rest;
            chain
        })?;
        let scopes = fixed(&mut body).map(u32::from_le_bytes)?;
        let (numbers, _) = body.as_chunks();
        let (scopes, fingerprints) =
            numbers.split_at_checked(usize::try_from(scopes).ok()?.checked_mul(2)?)?;
        let (scopes, _) = scopes.as_chunks();
        *bytes = rest;
        let times = Times { least, greatest };
        Some(Block { begin, end, records, times, chain, scopes, fingerprints, checksum })
    }

    /// The accounts and Regions of its records.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.scopes.iter().map(|[account, both]| Scope {
            account: u32::from_le_bytes(*account),
            both: u32::from_le_bytes(*both),
        })
    }

    pub(super) fn has(&self, fingerprint: u32) -> bool {
        self.fingerprints.binary_search_by_key(&fingerprint, |bytes| u32::from_le_bytes(*bytes)).is_ok()
    }
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

/// A block that records are still added to.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) begin: u64,
    pub(super) end: u64,
    records: u64,
    times: Times,
    count: usize,
    scopes: Vec<Scope>,
    fingerprints: Vec<u32>,
    /// The last of each of a record's facets, in their order: what records say one after the other is taken down once.
    last: Vec<u32>,
}

impl Draft {
    /// An empty one that begins here.
    pub(super) fn at(begin: u64) -> Draft {
        let (scopes, fingerprints, last) = (Vec::new(), Vec::new(), Vec::new());
        let times = Times::NONE;
        Draft { begin, end: begin, records: 0, times, count: 0, scopes, fingerprints, last }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= RECORDS_MAX || self.end - self.begin >= BLOCK_BYTES
    }

    pub(super) fn add(&mut self, entry: &Entry<'_>) {
        let event = &entry.event;
        let scope = Scope::of(event.recipient(), &event.region());
        if self.scopes.last() != Some(&scope) {
            self.scopes.push(scope);
        }
        let mut nth = 0;
        each_facet(event, |facet| {
            self.take_down(nth, scope.fingerprint(facet));
            nth += 1;
        });
        let seconds = event.time().as_second();
        self.times = self.times.and(Times { least: seconds, greatest: seconds });
        self.end = entry.after.offset;
        self.records = entry.after.records;
        self.count += 1;
    }

    fn take_down(&mut self, nth: usize, fingerprint: u32) {
        match self.last.get_mut(nth) {
            Some(last) if *last == fingerprint => return,
            Some(last) => *last = fingerprint,
            None => self.last.push(fingerprint),
        }
        self.fingerprints.push(fingerprint);
    }

    /// Its bytes in the index, behind a block with this checksum, and its own checksum.
    pub(super) fn write(&mut self, chain: &[u8; CHAIN_TEXT_BYTES], before: u32) -> (Vec<u8>, u32) {
        self.scopes.sort_unstable();
        self.scopes.dedup();
        self.fingerprints.sort_unstable();
        self.fingerprints.dedup();
        let mut body = Vec::new();
        let Times { least, greatest } = self.times;
        for number in [self.begin, self.end, self.records] {
            body.extend(number.to_le_bytes());
        }
        body.extend([least, greatest].map(i64::to_le_bytes).as_flattened());
        body.extend(chain);
        let scopes = self.scopes.iter().flat_map(|scope| [scope.account, scope.both]);
        let numbers =
            iter::once(self.scopes.len() as u32).chain(scopes).chain(self.fingerprints.iter().copied());
        numbers.for_each(|number| body.extend(number.to_le_bytes()));
        let length = (body.len() as u32).to_le_bytes();
        let checksum = continued(before, &[&length, &body]);
        ([&length[..], &body, &checksum.to_le_bytes()].concat(), checksum)
    }
}
