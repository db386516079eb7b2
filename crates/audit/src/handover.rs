//! Records on their way from who wrote them to who follows the trail: as long as they keep up, no file is read and nothing
//! is parsed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Position;
use crate::batch::Lines;

/// Most bytes that wait. Whoever is further behind reads the files.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What one write put into the trail, all of it into one file.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) from: Position,
    pub(crate) to: Position,
    pub(crate) lines: Lines,
}

/// What somebody who follows the trail does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// It takes these, which follow on each other.
    Take(Vec<Written>),
    /// It reads the files until it has seen so many records.
    ReadUpTo(u64),
}

/// What was written lately and nobody has taken.
#[derive(Debug, Default)]
pub(crate) struct Handover {
    is_followed: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    written: VecDeque<Written>,
    bytes: usize,
}

impl Handover {
    /// Somebody will take what is given from now on.
    pub(crate) fn follow(&self) {
        self.is_followed.store(true, Ordering::Relaxed);
    }

    /// Gives the lines that stand between these positions, if there is room and nobody is taking just now: whoever writes
    /// does not wait. What is left in `lines` will be read from the file.
    pub(crate) fn give(&self, from: Position, to: Position, lines: &mut Lines) {
        if !self.is_followed.load(Ordering::Relaxed) || from.file != to.file {
            return;
        }
        let Ok(mut waiting) = self.waiting.try_lock() else { return };
        if waiting.bytes + lines.bytes.len() <= WAITING_BYTES_MAX {
            waiting.bytes += lines.bytes.len();
            let room = lines.as_roomy();
            waiting.written.push_back(Written { from, to, lines: std::mem::replace(lines, room) });
        }
    }

    /// What comes next behind `from`, about `bytes` of it and no more than `settled` records from the trail's beginning.
    pub(crate) fn next(&self, from: Position, settled: u64, bytes: usize) -> Next {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pass(from);
        match waiting.written.front() {
            Some(first) if first.from == from => Next::Take(waiting.take(from, settled, bytes)),
            Some(first) => Next::ReadUpTo(first.from.records.min(settled)),
            None => Next::ReadUpTo(settled),
        }
    }
}

impl Waiting {
    /// Drops what somebody who stands here has read from files, even a part of.
    fn pass(&mut self, from: Position) {
        let is_passed = |first: &Written| first.from.records <= from.records && first.from != from;
        while self.written.front().is_some_and(is_passed) {
            self.pop();
        }
    }

    fn take(&mut self, mut from: Position, settled: u64, bytes: usize) -> Vec<Written> {
        let (mut taken, rest) = (Vec::new(), self.bytes.saturating_sub(bytes));
        let is_next = |first: &Written, from| first.from == from && first.to.records <= settled;
        while self.bytes > rest
            && self.written.front().is_some_and(|first| is_next(first, from))
            && let Some(written) = self.pop()
        {
            from = written.to;
            taken.push(written);
        }
        taken
    }

    fn pop(&mut self) -> Option<Written> {
        let written = self.written.pop_front()?;
        self.bytes -= written.lines.bytes.len();
        Some(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(records: u64) -> Position {
        Position { records, file: 1, offset: records * 10 }
    }

    fn lines(bytes: usize) -> Lines {
        Lines { bytes: vec![0; bytes], each: Vec::new() }
    }

    /// Where somebody followed, and writes of this many bytes ended that began at nothing.
    fn given(ends: &[u64], bytes: usize) -> Handover {
        let handover = Handover::default();
        handover.follow();
        for (from, to) in [0].iter().chain(ends).zip(ends) {
            handover.give(at(*from), at(*to), &mut lines(bytes));
        }
        handover
    }

    /// Where the writes end that are to be taken, or up to where the files are to be read.
    fn next(handover: &Handover, from: u64, settled: u64) -> Result<Vec<u64>, u64> {
        match handover.next(at(from), settled, usize::MAX) {
            Next::Take(written) => Ok(written.iter().map(|written| written.to.records).collect()),
            Next::ReadUpTo(records) => Err(records),
        }
    }

    #[test]
    fn no_more_is_taken_than_is_settled() {
        let handover = given(&[2, 5, 6], 1);
        assert_eq!(next(&handover, 0, 5), Ok(vec![2, 5]));
        assert_eq!(next(&handover, 5, 5), Ok(vec![]));
        assert_eq!(next(&handover, 5, 6), Ok(vec![6]));
    }

    #[test]
    fn files_are_read_up_to_what_waits_and_what_was_read_of_it_does_not_wait_any_more() {
        let handover = given(&[2, 5, 6], 1);
        assert_eq!(next(&handover, 0, 2), Ok(vec![2]));
        assert_eq!((next(&handover, 0, 6), next(&handover, 0, 1)), (Err(2), Err(1)));
        // Somebody stands in the middle of the second write.
        assert_eq!(next(&handover, 3, 6), Err(5));
        assert_eq!(next(&handover, 5, 6), Ok(vec![6]));
        assert_eq!(next(&handover, 6, 9), Err(9));
    }

    #[test]
    fn who_stands_at_the_same_record_of_another_file_passes_what_waits() {
        let handover = given(&[2, 5], 1);
        let elsewhere = Position { file: 2, ..at(0) };
        assert!(matches!(handover.next(elsewhere, 5, usize::MAX), Next::ReadUpTo(2)));
    }

    #[test]
    fn what_waits_is_bounded_and_there_is_room_again_once_it_was_taken() {
        let third = WAITING_BYTES_MAX / 3 + 1;
        let handover = given(&[1, 2, 3], third);
        assert_eq!(next(&handover, 0, 3), Ok(vec![1, 2]));
        handover.give(at(3), at(4), &mut lines(third));
        handover.give(at(4), at(5), &mut lines(third));
        assert_eq!(next(&handover, 3, 5), Ok(vec![4, 5]));
    }

    #[test]
    fn about_as_much_is_taken_at_a_time_as_is_asked_for() {
        let handover = given(&[1, 2, 3], 100);
        let Next::Take(taken) = handover.next(at(0), 3, 101) else { panic!("it is there") };
        assert_eq!(taken.len(), 2);
    }
}
