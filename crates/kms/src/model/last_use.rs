//! What a key was last used for, held where a request can note it without waiting: no lock, no allocation.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use claviger_audit::{EventId, RequestId};
use claviger_clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The operations that use a key (botocore's KeyLastUsageTrackingOperation).
const OPERATIONS: [&str; 14] = [
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
    "Encapsulate",
    "Decapsulate",
];

/// Words of a use: operation, milliseconds, and two each of both ids.
const WORDS: usize = 6;

/// An operation that uses its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrackedOperation(u8);

impl TrackedOperation {
    /// The operation of this name, if it uses its keys.
    pub(crate) const fn of(name: &str) -> Option<TrackedOperation> {
        let mut at = 0;
        while at < OPERATIONS.len() {
            if is_same(OPERATIONS[at].as_bytes(), name.as_bytes()) {
                return Some(TrackedOperation(at as u8));
            }
            at += 1;
        }
        None
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        OPERATIONS[usize::from(self.0)]
    }
}

/// One use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastUse {
    pub operation: TrackedOperation,
    pub at: Timestamp,
    pub event: EventId,
    pub request: RequestId,
}

/// A use as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct LastUseRecord {
    operation: String,
    at: Timestamp,
    event: String,
    request: String,
}

impl LastUse {
    /// As it is stored.
    pub(crate) fn record(&self) -> LastUseRecord {
        LastUseRecord {
            operation: self.operation.name().to_owned(),
            at: self.at,
            event: self.event.to_string(),
            request: self.request.to_string(),
        }
    }

    /// From what is stored.
    pub(crate) fn of_record(record: &LastUseRecord) -> Result<LastUse, Fault> {
        let unknown = || Fault::internal("a stored use that cannot be read");
        Ok(LastUse {
            operation: TrackedOperation::of(&record.operation).ok_or_else(unknown)?,
            at: record.at,
            event: EventId::parse(&record.event).ok_or_else(unknown)?,
            request: RequestId::parse(&record.request).ok_or_else(unknown)?,
        })
    }

    fn words(&self) -> [u64; WORDS] {
        let [event_high, event_low] = halves(self.event.as_u128());
        let [request_high, request_low] = halves(self.request.as_u128());
        let at = self.at.as_millisecond().cast_unsigned();
        [u64::from(self.operation.0), at, event_high, event_low, request_high, request_low]
    }

    fn of_words(
        [operation, at, event_high, event_low, request_high, request_low]: [u64; WORDS],
    ) -> Option<LastUse> {
        let operation = u8::try_from(operation).ok().filter(|at| usize::from(*at) < OPERATIONS.len())?;
        Some(LastUse {
            operation: TrackedOperation(operation),
            at: Timestamp::from_millisecond(at.cast_signed()).ok()?,
            event: EventId::of_u128(whole(event_high, event_low)),
            request: RequestId::of_u128(whole(request_high, request_low)),
        })
    }
}

/// The last use of one key, shared by all who hold the key. A writer that meets another leaves it to that one: theirs is
/// as late. A reader that meets a writer looks again.
#[derive(Debug, Default)]
pub(crate) struct LastUseCell {
    /// Odd while somebody writes; 0 before the first use.
    version: AtomicU64,
    words: [AtomicU64; WORDS],
    /// The version that is stored.
    stored: AtomicU64,
}

impl LastUseCell {
    /// Notes a use.
    pub(crate) fn note(&self, used: &LastUse) {
        self.write(used);
    }

    /// Takes over what is stored, unless the key was used meanwhile.
    pub(crate) fn remember(&self, used: &LastUse) {
        if let Some(version) = self.write_after(0, used) {
            self.mark_stored(version);
        }
    }

    /// The last use and its version; none of a key that was never used.
    pub(crate) fn read(&self) -> Option<(LastUse, u64)> {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let words = self.words.each_ref().map(|word| word.load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            match (before, self.version.load(Ordering::Relaxed)) {
                (0, _) => return None,
                (before, after) if before == after && before.is_multiple_of(2) => {
                    return LastUse::of_words(words).map(|used| (used, before));
                }
                (_, _) => std::hint::spin_loop(),
            }
        }
    }

    /// The last use, if it is not stored yet.
    pub(crate) fn news(&self) -> Option<(LastUse, u64)> {
        self.read().filter(|(_, version)| *version != self.stored.load(Ordering::Acquire))
    }

    /// Notes that the use of this version is stored.
    pub(crate) fn mark_stored(&self, version: u64) {
        self.stored.store(version, Ordering::Release);
    }

    fn write(&self, used: &LastUse) -> Option<u64> {
        self.write_after(self.version.load(Ordering::Relaxed), used)
    }

    /// Writes a use where this is still the version.
    fn write_after(&self, version: u64, used: &LastUse) -> Option<u64> {
        let is_free = version.is_multiple_of(2)
            && (self.version)
                .compare_exchange(version, version + 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok();
        if !is_free {
            return None;
        }
        fence(Ordering::Release);
        for (word, value) in self.words.iter().zip(used.words()) {
            word.store(value, Ordering::Relaxed);
        }
        self.version.store(version + 2, Ordering::Release);
        Some(version + 2)
    }
}

fn halves(whole: u128) -> [u64; 2] {
    [(whole >> u64::BITS) as u64, whole as u64]
}

fn whole(high: u64, low: u64) -> u128 {
    u128::from(high) << u64::BITS | u128::from(low)
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(number: u64) -> LastUse {
        let id = u128::from(number) << u64::BITS | u128::from(number);
        LastUse {
            operation: TrackedOperation((number % 14) as u8),
            at: Timestamp::from_millisecond(number.cast_signed()).unwrap(),
            event: EventId::of_u128(id),
            request: RequestId::of_u128(id),
        }
    }

    #[test]
    fn a_key_that_was_never_used_has_no_last_use() {
        assert_eq!(LastUseCell::default().read(), None);
        assert_eq!(LastUseCell::default().news(), None);
    }

    #[test]
    fn the_last_use_is_news_until_it_is_stored() {
        let cell = LastUseCell::default();
        cell.note(&used(1));
        let (_, version) = cell.news().unwrap();
        cell.note(&used(2));
        cell.mark_stored(version);
        let (latest, version) = cell.news().unwrap();
        assert_eq!(latest, used(2));
        cell.mark_stored(version);
        assert_eq!(cell.news(), None);
        assert_eq!(cell.read().map(|(used, _)| used), Some(used(2)));
    }

    #[test]
    fn what_is_stored_replaces_no_use_that_came_since() {
        let cell = LastUseCell::default();
        cell.remember(&used(1));
        assert_eq!((cell.read().map(|(used, _)| used), cell.news()), (Some(used(1)), None));
        cell.note(&used(2));
        cell.remember(&used(1));
        assert_eq!(cell.news().map(|(used, _)| used), Some(used(2)));
    }

    #[test]
    fn a_use_comes_back_from_the_store_as_it_was() {
        let written = serde_json::to_string(&used(77).record()).unwrap();
        let read: LastUseRecord = serde_json::from_str(&written).unwrap();
        assert_eq!(LastUse::of_record(&read).unwrap(), used(77));
    }

    #[test]
    fn readers_see_whole_uses_while_many_note_theirs() {
        const USES: u64 = 20_000;
        let cell = LastUseCell::default();
        cell.note(&used(1));
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let cell = &cell;
                scope.spawn(move || (1..USES).for_each(|number| cell.note(&used(2 * number + writer))));
            }
            for _ in 0..USES {
                let (seen, _) = cell.read().unwrap();
                assert_eq!(seen, used(seen.at.as_millisecond().cast_unsigned()));
            }
        });
    }
}
