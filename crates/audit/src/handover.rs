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
