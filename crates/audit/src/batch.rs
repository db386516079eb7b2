//! Records that wait to be written together: whoever comes first writes for all who came meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use jiff::Timestamp;

use crate::chain::RecordHash;
use crate::line::OpenLine;
use crate::outline::Outline;
use crate::trail::Durable;
use crate::{Record, TrailError};

/// Longest name of a Region in AWS's model. What is longer is cut in a heading.
const REGION_BYTES_MAX: usize = 32;

/// A batch's buffer that grew beyond this is given back.
const KEPT_BUFFER_BYTES_MAX: usize = 256 * 1024;

/// Lines in the order in which they were appended, their chain values still open.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) bytes: Vec<u8>,
    pub(crate) each: Vec<Line>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) bytes: usize,
    pub(crate) hash: RecordHash,
    pub(crate) time: Timestamp,
    pub(crate) outline: Outline,
    region: [u8; REGION_BYTES_MAX],
}

impl Line {
    /// The Region of the record, as a heading names it.
    pub(crate) fn region(&self) -> &str {
        let end = self.region.iter().position(|byte| *byte == 0).unwrap_or(REGION_BYTES_MAX);
        std::str::from_utf8(&self.region[..end]).unwrap_or_default()
    }
}

impl Lines {
    pub(crate) fn push(&mut self, line: &OpenLine<'_>, outline: Outline, record: &Record<'_>) {
        let name = &record.region[..record.region.floor_char_boundary(REGION_BYTES_MAX)];
        let mut region = [0; REGION_BYTES_MAX];
        region[..name.len()].copy_from_slice(name.as_bytes());
        let (bytes, hash, time) = (line.bytes().len(), line.hash, record.event_time);
        self.bytes.extend_from_slice(line.bytes());
        self.each.push(Line { bytes, hash, time, outline, region });
    }

    /// None, with room for as many.
    pub(crate) fn as_roomy(&self) -> Lines {
        Lines { bytes: Vec::with_capacity(self.bytes.len()), each: Vec::with_capacity(self.each.len()) }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BUFFER_BYTES_MAX);
        self.each.clear();
    }
}

/// The lines that are to be written next.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    lines: Lines,
    /// What they belong to; none as long as there are none.
    batch: Option<Arc<Batch>>,
}

impl Queue {
    /// Adds a line, and tells the batch that it belongs to; the first begins one.
    pub(crate) fn push(
        &mut self,
        line: &OpenLine<'_>,
        outline: Outline,
        record: &Record<'_>,
        begin: impl FnOnce() -> Batch,
    ) -> Arc<Batch> {
        self.lines.push(line, outline, record);
        Arc::clone(self.batch.get_or_insert_with(|| Arc::new(begin())))
    }

    /// Takes the lines of `batch` in exchange for empty ones, unless somebody has taken them before. From now on lines
    /// belong to the next batch.
    pub(crate) fn take(&mut self, batch: &Arc<Batch>, lines: &mut Lines) -> bool {
        let is_waiting = self.batch.as_ref().is_some_and(|waiting| Arc::ptr_eq(waiting, batch));
        if is_waiting {
            std::mem::swap(&mut self.lines, lines);
            self.batch = None;
        }
        is_waiting
    }
}

/// What becomes of the lines that are written together.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Shared by all the batch's tickets: a count of each would be shared by all threads.
    pub(crate) trail: Arc<Durable>,
    /// The number of the queue that it is of.
    pub(crate) queue: usize,
    state: Mutex<State>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Once they are written, the trail's length in records; or why they are not.
    outcome: Option<Result<u64, TrailError>>,
    has_writer: bool,
    waiting: Vec<Waker>,
    /// Whether a thread is blocked: telling one is a system call.
    has_blocked: bool,
}

impl Batch {
    pub(crate) fn new(trail: Arc<Durable>, queue: usize) -> Batch {
        Batch { trail, queue, state: Mutex::default(), settled: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the caller is the first to ask, and therefore the one who writes.
    pub(crate) fn is_mine_to_write(&self) -> bool {
        !std::mem::replace(&mut self.lock().has_writer, true)
    }

    pub(crate) fn settle(&self, outcome: Result<u64, TrailError>) {
        let mut state = self.lock();
        state.outcome = Some(outcome);
        let (waiting, has_blocked) = (std::mem::take(&mut state.waiting), state.has_blocked);
        drop(state);
        if has_blocked {
            self.settled.notify_all();
        }
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Result<u64, TrailError>> {
        let mut state = self.lock();
        match state.outcome {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                if !state.waiting.iter().any(|known| known.will_wake(waker)) {
                    state.waiting.push(waker.clone());
                }
                Poll::Pending
            }
        }
    }

    /// Blocks the thread until the batch is settled.
    pub(crate) fn wait(&self) -> Result<u64, TrailError> {
        let mut state = self.lock();
        loop {
            if let Some(outcome) = state.outcome {
                return outcome;
            }
            state.has_blocked = true;
            state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
