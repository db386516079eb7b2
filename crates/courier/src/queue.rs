//! What waits for one destination, by when it is due.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use claviger_clock::Timestamp;

use crate::letter::Letter;

/// Most letters for one destination that are kept.
pub(crate) const LETTERS_MAX: usize = 10_000;

/// Most bytes of the bodies of all of them.
pub(crate) const BYTES_MAX: usize = 64 << 20;

/// The part of a shared destination's room that one account may take.
const SHARE: usize = 4;

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
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: BTreeMap<(Timestamp, u64), Parcel>,
    whole: Load,
    of_accounts: HashMap<Box<str>, Load>,
    /// The part of the room that one account may take.
    share: usize,
    /// Of which accounts it was told that they are refused.
    refused: BTreeSet<Box<str>>,
}

/// What has a place.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    letters: usize,
    bytes: usize,
}

impl Load {
    /// Whether a body of this length fits too into that part of the room.
    fn has_room(self, bytes: usize, part: usize) -> bool {
        self.letters < LETTERS_MAX / part && self.bytes + bytes <= BYTES_MAX / part
    }

    fn is_half_free(self, part: usize) -> bool {
        self.letters <= LETTERS_MAX / part / 2 && self.bytes <= BYTES_MAX / part / 2
    }
}

impl Queue {
    /// Nothing waits yet.
    pub(crate) fn new(is_shared: bool) -> Queue {
        Queue {
            waiting: BTreeMap::new(),
            whole: Load::default(),
            of_accounts: HashMap::new(),
            share: if is_shared { SHARE } else { 1 },
            refused: BTreeSet::new(),
        }
    }

    /// Whether there is room for a body of this length of that account.
    pub(crate) fn has_room(&self, account: &str, bytes: usize) -> bool {
        self.whole.has_room(bytes, 1) && self.load(account).has_room(bytes, self.share)
    }

    /// Notes that an account is refused; whether that is to be told. It is once, until half of what was full is free.
    pub(crate) fn refuse(&mut self, account: &str) -> bool {
        self.refused.insert(account.into())
    }

    fn load(&self, account: &str) -> Load {
        self.of_accounts.get(account).copied().unwrap_or_default()
    }

    /// Takes a letter in, due at once.
    pub(crate) fn accept(&mut self, parcel: Parcel) {
        let bytes = parcel.letter.body.len();
        let of_account = self.of_accounts.entry(parcel.letter.account.clone()).or_default();
        for load in [&mut self.whole, of_account] {
            load.letters += 1;
            load.bytes += bytes;
        }
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
        let (account, bytes) = (&parcel.letter.account, parcel.letter.body.len());
        let of_account = self.of_accounts.entry(account.clone()).or_default();
        for load in [&mut self.whole, of_account] {
            load.letters -= 1;
            load.bytes -= bytes;
        }
        let load = *of_account;
        if load.letters == 0 {
            self.of_accounts.remove(account);
        }
        if self.whole.is_half_free(1) {
            let (of_accounts, share) = (&self.of_accounts, self.share);
            let is_half_free =
                |account: &str| of_accounts.get(account).is_none_or(|load| load.is_half_free(share));
            self.refused.retain(|account| !is_half_free(account));
        }
    }

    /// How many letters have a place here.
    pub(crate) fn len(&self) -> usize {
        self.whole.letters
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

    const OWN: &str = "111122223333";
    const OTHER: &str = "444455556666";

    fn parcel(number: u64, bytes: usize) -> Parcel {
        parcel_of(OWN, number, bytes)
    }

    fn parcel_of(account: &str, number: u64, bytes: usize) -> Parcel {
        let (account, body) = (account.parse().unwrap(), "b".repeat(bytes).into());
        let message = Message { account, id: "a".into(), subject: "".into(), body };
        Parcel { number, letter: Letter::new("arn", message, Timestamp::UNIX_EPOCH), attempts: 0 }
    }

    #[test]
    fn letters_are_taken_in_order_when_they_are_due() {
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_secs(5);
        let mut queue = Queue::new(false);
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
        let mut queue = Queue::new(false);
        queue.accept(parcel(1, BYTES_MAX - 1));
        assert!(queue.has_room(OWN, 1) && !queue.has_room(OWN, 2));
        let taken = queue.take_due(Timestamp::UNIX_EPOCH).unwrap();
        assert!(!queue.has_room(OWN, 2));
        queue.settle(&taken);
        assert!(queue.has_room(OWN, BYTES_MAX));
        (0..LETTERS_MAX as u64).for_each(|number| queue.accept(parcel(number, 0)));
        assert!(!queue.has_room(OWN, 0));
    }

    #[test]
    fn an_account_takes_a_quarter_of_what_is_shared_and_leaves_the_rest_to_others() {
        let mut queue = Queue::new(true);
        (0..2_499).for_each(|number| queue.accept(parcel(number, 0)));
        assert!(queue.has_room(OWN, 0));
        queue.accept(parcel(2_499, 0));
        assert!(!queue.has_room(OWN, 0) && queue.has_room(OTHER, BYTES_MAX / SHARE));
        let mut queue = Queue::new(true);
        queue.accept(parcel(1, BYTES_MAX / SHARE));
        assert!(!queue.has_room(OWN, 1) && queue.has_room(OTHER, BYTES_MAX / SHARE));
        assert!(!queue.has_room(OTHER, BYTES_MAX / SHARE + 1));
        let taken = queue.take_due(Timestamp::UNIX_EPOCH).unwrap();
        queue.settle(&taken);
        assert!(queue.has_room(OWN, BYTES_MAX / SHARE));
    }

    #[test]
    fn a_refusal_is_told_once_until_half_of_the_room_is_free() {
        let mut queue = Queue::new(true);
        (0..2_500).for_each(|number| queue.accept(parcel(number, 0)));
        assert!(queue.refuse(OWN) && queue.refuse(OTHER) && !queue.refuse(OWN));
        let mut settle = |letters: usize| {
            for _ in 0..letters {
                let taken = queue.take_due(Timestamp::UNIX_EPOCH).unwrap();
                queue.settle(&taken);
            }
            queue.refuse(OWN)
        };
        assert_eq!([settle(1), settle(1_248), settle(1), settle(0)], [false, false, true, false]);
    }
}
