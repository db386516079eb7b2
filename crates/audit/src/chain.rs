//! The hash chain: every record's value covers all that came before it.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256, digest};

use crate::{EventId, hex};

/// Bytes of a chain value.
const CHAIN_BYTES: usize = 32;

/// Characters of a chain value's text.
pub(crate) const CHAIN_TEXT_BYTES: usize = 2 * CHAIN_BYTES;

/// What the chain of every trail begins with, hashed.
const GENESIS: &[u8] = b"claviger trail, version 1";

/// A value of the chain: `SHA-256(previous value ‖ SHA-256(bytes of the record))`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Chain([u8; CHAIN_BYTES]);

/// The hash of a record's bytes; computed before the trail's lock is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordHash([u8; CHAIN_BYTES]);

impl RecordHash {
    pub(crate) fn of(record: &[u8]) -> RecordHash {
        RecordHash(fixed(digest(&SHA256, record).as_ref()))
    }

    /// Of a record without its closing brace.
    pub(crate) fn of_open(record: &[u8]) -> RecordHash {
        let mut context = Context::new(&SHA256);
        context.update(record);
        context.update(b"}");
        RecordHash(fixed(context.finish().as_ref()))
    }
}

impl Chain {
    /// The value before the first record of a trail.
    pub fn genesis() -> Chain {
        Chain(fixed(digest(&SHA256, GENESIS).as_ref()))
    }

    /// The value after one more entry.
    pub(crate) fn extended(&self, record: &RecordHash) -> Chain {
        let mut both = [0; 2 * CHAIN_BYTES];
        both[..CHAIN_BYTES].copy_from_slice(&self.0);
        both[CHAIN_BYTES..].copy_from_slice(&record.0);
        Chain(fixed(digest(&SHA256, &both).as_ref()))
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub(crate) fn parse(text: &[u8]) -> Option<Chain> {
        if text.len() != CHAIN_TEXT_BYTES {
            return None;
        }
        let mut bytes = [0; CHAIN_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = hex::byte(pair[0], pair[1])?;
        }
        Some(Chain(bytes))
    }

    /// An identifier for the file that begins after this value with this record. The record's own random identifier
    /// is in its hash, so no two trails share it, though every first file follows the same value.
    pub(crate) fn file_event_id(&self, first: &RecordHash) -> EventId {
        let mut half = [0; CHAIN_BYTES / 2];
        half.copy_from_slice(&self.extended(first).0[..CHAIN_BYTES / 2]);
        EventId::from_random(half)
    }

    /// Lower-case hexadecimal.
    pub(crate) fn text(&self) -> [u8; CHAIN_TEXT_BYTES] {
        let mut text = [0; CHAIN_TEXT_BYTES];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&hex::pair(byte));
        }
        text
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or(""))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn fixed(hash: &[u8]) -> [u8; CHAIN_BYTES] {
    let mut bytes = [0; CHAIN_BYTES];
    bytes.copy_from_slice(hash);
    bytes
}
