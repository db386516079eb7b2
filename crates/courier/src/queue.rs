//! What waits for one destination, by when it is due.

use std::collections::BTreeMap;

use claviger_clock::Timestamp;

use crate::letter::Letter;

/// Most letters for one destination that are kept.
pub(crate) const LETTERS_MAX: usize = 10_000;

/// Most bytes of the bodies of all of them.
pub(crate) const BYTES_MAX: usize = 64 << 20;

/// A letter on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    /// Its place among all that this node ever took.
    pub number: u64,
    pub letter: Letter,
    /// How often it was tried in vain.
    pub attempts: u32,
}

/// Letters that wait, and room for those that are being tried.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: BTreeMap<(Timestamp, u64), Parcel>,
    letters: usize,
    bytes: usize,
}

impl Queue {
    /// Whether there is room for a body of this length.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.letters < LETTERS_MAX && self.bytes + bytes <= BYTES_MAX
    }

    /// Takes a letter in, due at once.
    pub(crate) fn accept(&mut self, parcel: Parcel) {
        self.letters += 1;
        self.bytes += parcel.letter.body.len();
        self.wait_until(parcel.letter.accepted(), parcel);
    }

    /// Takes back one that was tried in vain.
    pub(crate) fn wait_until(&mut self, due: Timestamp, parcel: Parcel) {
        self.waiting.insert((due, parcel.number), parcel);
    }

    /// The next that is due. It keeps its room until it is settled or waits again.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Parcel> {
        let first = self.waiting.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// Forgets one that was taken: it is delivered or given up.
    pub(crate) fn settle(&mut self, parcel: &Parcel) {
        self.letters -= 1;
        self.bytes -= parcel.letter.body.len();
    }

    /// How many letters have a place here.
    pub(crate) fn len(&self) -> usize {
        self.letters
    }

    /// Whether one waits for its time.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_clock::SignedDuration;
    use claviger_monitor::Message;

    fn parcel(number: u64, bytes: usize) -> Parcel {
        let message = Message { id: "a".into(), subject: "".into(), body: "b".repeat(bytes).into() };
        Parcel { number, letter: Letter::new("arn", message, Timestamp::UNIX_EPOCH), attempts: 0 }
    }

    #[test]
    fn letters_are_taken_in_order_when_they_are_due() {
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_secs(5);
        let mut queue = Queue::default();
        queue.accept(parcel(2, 1));
        queue.accept(parcel(1, 1));
        let first = queue.take_due(now).unwrap();
        queue.wait_until(later, first);
        let second = queue.take_due(now).unwrap();
        assert_eq!((second.number, queue.take_due(now)), (2, None));
        assert_eq!(queue.take_due(later).map(|parcel| parcel.number), Some(1));
    }

    #[test]
    fn letters_have_a_place_until_they_are_settled() {
        let mut queue = Queue::default();
        queue.accept(parcel(1, BYTES_MAX - 1));
        assert!(queue.has_room(1) && !queue.has_room(2));
        let taken = queue.take_due(Timestamp::UNIX_EPOCH).unwrap();
        assert!(!queue.has_room(2));
        queue.settle(&taken);
        assert!(queue.has_room(BYTES_MAX));
        (0..LETTERS_MAX as u64).for_each(|number| queue.accept(parcel(number, 0)));
        assert!(!queue.has_room(0));
    }
}
