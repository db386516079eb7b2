//! The node's trail: every request appends its record here before its answer leaves.

use std::cell::RefCell;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::batch::{Batch, Lines, Queue};
use crate::flusher::{Flush, Flusher};
use crate::handover::{Handover, Next};
use crate::line::{LINE_BYTES_MAX, OpenLine};
use crate::open::{OpenError, open};
use crate::ring::Ring;
use crate::ticket::Ticket;
use crate::writer::Writer;
use crate::{Chain, Position, Record};

/// Size at which a file is followed by the next, unless configured.
const FILE_BYTES_MAX_DEFAULT: u64 = 128 * 1024 * 1024;

/// Smallest size of a file that may be configured: one line of the largest size and the heading fit.
const FILE_BYTES_MAX_LEAST: u64 = 2 * LINE_BYTES_MAX as u64;

/// A thread's buffer that grew beyond this is given back.
const KEPT_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// When an appended record counts as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The operating system has it: survives the death of the process, not of the machine.
    #[default]
    OperatingSystem,
    /// It is flushed to disk, together with the others that wait.
    Disk,
}

/// What a trail is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size at which a file is followed by the next; a value that one record would not fit is raised.
    pub file_bytes_max: u64,
    /// When an appended record counts as written.
    pub durability: Durability,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { file_bytes_max: FILE_BYTES_MAX_DEFAULT, durability: Durability::default() }
    }
}

impl Limits {
    pub(crate) fn file_bytes_max(&self) -> u64 {
        self.file_bytes_max.max(FILE_BYTES_MAX_LEAST)
    }
}

/// Why a record could not be written. Nothing of it stays in the trail, but after a failed flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrailError {
    /// No room. The trail goes on as soon as a write succeeds.
    #[error("the audit trail has no room to write: {0}")]
    Full(io::ErrorKind),
    /// Another failure of writing. The trail goes on as soon as a write succeeds.
    #[error("the audit trail cannot be written: {0}")]
    Broken(io::ErrorKind),
    /// A flush to disk failed. What is on the disk is then unknown: only opening the trail anew ends this.
    #[error("the audit trail cannot be flushed to disk: {0}")]
    Flush(io::ErrorKind),
}

impl From<io::Error> for TrailError {
    fn from(error: io::Error) -> TrailError {
        match error.kind() {
            kind @ (io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::WriteZero) => TrailError::Full(kind),
            kind => TrailError::Broken(kind),
        }
    }
}

/// Whether the trail takes records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The last write succeeded.
    Writing,
    /// The last write failed, for this reason.
    Failed(TrailError),
}

/// The one trail of a node. Share it; `append` may be called from any thread.
#[derive(Debug)]
pub struct Trail {
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Directory(Arc<Durable>),
    Memory(Ring),
    Nothing,
}

impl Trail {
    /// Opens the trail in this directory, which is made if missing, and goes on where it ended: an unfinished last
    /// line is moved to a `.torn` file. Fails when another process has it open or the newest file is damaged.
    pub fn open(directory: &Path, limits: Limits) -> Result<Trail, OpenError> {
        let writer = open(directory, &limits)?;
        let flusher = match limits.durability {
            Durability::OperatingSystem => None,
            Durability::Disk => Some(
                Flusher::start(writer.head().0)
                    .map_err(|source| OpenError::Io { path: directory.to_owned(), source })?,
            ),
        };
        let written = AtomicU64::new(writer.head().0);
        let state = Mutex::new(State { writer, failed: None, spare: Lines::default() });
        let queues = std::array::from_fn(|_| Mutex::default());
        let (has_failed, handover) = (AtomicBool::new(false), Handover::default());
        let durable = Durable { flusher, state, queues, has_failed, written, handover };
        Ok(Trail { sink: Sink::Directory(Arc::new(durable)) })
    }

    /// A trail that keeps the newest `capacity` records in memory and nothing else.
    pub fn in_memory(capacity: NonZeroUsize) -> Trail {
        Trail { sink: Sink::Memory(Ring::new(capacity)) }
    }

    /// A trail that keeps nothing, to measure what one costs. The bench alone may make one: tidy sees to that.
    pub fn discarding() -> Trail {
        Trail { sink: Sink::Nothing }
    }

    /// Appends the record; the ticket says when it is as durable as the trail's setting asks, and blocks its thread for
    /// one `write` if it is the one to write.
    pub fn append(&self, record: &Record<'_>) -> Result<Ticket, TrailError> {
        match &self.sink {
            Sink::Directory(durable) => durable.append(record),
            Sink::Memory(ring) => {
                ring.append(record);
                Ok(Ticket::done())
            }
            Sink::Nothing => Ok(Ticket::done()),
        }
    }

    /// Whether the last write succeeded. Costs one atomic read while it did.
    pub fn health(&self) -> Health {
        match &self.sink {
            Sink::Directory(durable) => durable.health(),
            Sink::Memory(_) | Sink::Nothing => Health::Writing,
        }
    }

    /// Finds out whether a failed trail can be written again, without a record; says the health after it.
    pub fn probe(&self) -> Health {
        match &self.sink {
            Sink::Directory(durable) => durable.probe(),
            Sink::Memory(_) | Sink::Nothing => Health::Writing,
        }
    }

    /// How far the trail has come: the number of records since its beginning and the chain's value; none in memory.
    pub fn head(&self) -> Option<(u64, Chain)> {
        match &self.sink {
            Sink::Directory(durable) => Some(durable.lock().writer.head()),
            Sink::Memory(_) | Sink::Nothing => None,
        }
    }

    /// How many records there are that are as durable as the setting asks.
    pub(crate) fn settled(&self) -> u64 {
        match &self.sink {
            Sink::Directory(durable) => match &durable.flusher {
                Some(flusher) => flusher.flushed(),
                None => durable.written.load(Ordering::Acquire),
            },
            Sink::Memory(ring) => ring.count(),
            Sink::Nothing => 0,
        }
    }

    /// Somebody follows the trail from now on.
    pub(crate) fn follow(&self) {
        if let Sink::Directory(durable) = &self.sink {
            durable.handover.follow();
        }
    }

    /// What whoever stands here does next to see records up to `settled`, about `bytes` of them.
    pub(crate) fn next(&self, from: Position, settled: u64, bytes: usize) -> Next {
        match &self.sink {
            Sink::Directory(durable) => durable.handover.next(from, settled, bytes),
            Sink::Memory(_) | Sink::Nothing => Next::ReadUpTo(settled),
        }
    }

    /// Where the trail ends now.
    pub fn end(&self) -> Position {
        match &self.sink {
            Sink::Directory(durable) => durable.lock().writer.end(),
            Sink::Memory(ring) => Position { records: ring.count(), ..Position::default() },
            Sink::Nothing => Position::default(),
        }
    }

    /// Where its files are; none in memory.
    pub fn directory(&self) -> Option<PathBuf> {
        match &self.sink {
            Sink::Directory(durable) => Some(durable.lock().writer.directory.clone()),
            Sink::Memory(_) | Sink::Nothing => None,
        }
    }

    /// The records of a trail in memory behind the first `from`, at most `limit`, and how many came before them.
    pub(crate) fn kept_since(&self, from: u64, limit: usize) -> (u64, Vec<String>) {
        match &self.sink {
            Sink::Directory(_) | Sink::Nothing => (from, Vec::new()),
            Sink::Memory(ring) => ring.since(from, limit),
        }
    }

    /// The records of a trail in memory, oldest first; none of a trail in a directory (see [`crate::read_trail`]).
    pub fn recent(&self) -> Vec<String> {
        match &self.sink {
            Sink::Directory(_) | Sink::Nothing => Vec::new(),
            Sink::Memory(ring) => ring.records(),
        }
    }
}

/// Queues in which records wait to be written, so that threads do not wait for each other and a request goes on where it
/// began: who writes a batch wakes the others on its own thread.
const QUEUES: usize = 16;

/// Threads take them in turns.
static NEXT_QUEUE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OWN_QUEUE: usize = NEXT_QUEUE.fetch_add(1, Ordering::Relaxed);
}

#[derive(Debug)]
pub(crate) struct Durable {
    /// Before `state`, so that the last flush has ended when the directory's lock is dropped.
    flusher: Option<Flusher>,
    state: Mutex<State>,
    /// Each locked for moments only; whoever needs `state` too takes that first.
    queues: [Mutex<Queue>; QUEUES],
    /// Whether `state.failed` is set, to be read without the lock.
    has_failed: AtomicBool,
    /// Records that the trail has, to be read without the lock.
    written: AtomicU64,
    handover: Handover,
}

#[derive(Debug)]
struct State {
    writer: Writer,
    failed: Option<TrailError>,
    /// Room that the last batch needed, for the next.
    spare: Lines,
}

impl Durable {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, number: usize) -> MutexGuard<'_, Queue> {
        self.queues[number % QUEUES].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(self: &Arc<Self>, record: &Record<'_>) -> Result<Ticket, TrailError> {
        self.flush_error()?;
        let batch = BUFFER.with_borrow_mut(|buffer| {
            let (line, outline) = OpenLine::write(record, buffer);
            let number = OWN_QUEUE.with(|own| *own);
            let begin = || Batch::new(Arc::clone(self), number);
            let batch = self.queue(number).push(&line, outline, record, begin);
            buffer.clear();
            buffer.shrink_to(KEPT_BUFFER_BYTES_MAX);
            batch
        });
        Ok(Ticket::queued(batch))
    }

    /// Writes the batch, unless that was done before: its outcome is known when this returns.
    pub(crate) fn write(&self, batch: &Arc<Batch>) {
        self.write_with(&mut self.lock(), batch);
    }

    /// The same, unless somebody else is writing just now; answers whether it was done.
    pub(crate) fn write_if_free(&self, batch: &Arc<Batch>) -> bool {
        let free = self.state.try_lock();
        let is_free = free.is_ok();
        free.into_iter().for_each(|mut state| self.write_with(&mut state, batch));
        is_free
    }

    fn write_with(&self, state: &mut State, batch: &Arc<Batch>) {
        let mut lines = std::mem::take(&mut state.spare);
        if self.queue(batch.queue).take(batch, &mut lines) {
            let from = state.writer.end();
            let outcome =
                self.flush_error().and_then(|()| state.writer.append(&mut lines, self.flusher.as_ref()));
            if outcome.is_ok() {
                self.handover.give(from, state.writer.end(), &mut lines);
            }
            self.note(state, outcome.as_ref().err().copied());
            self.written.store(state.writer.head().0, Ordering::Release);
            batch.settle(outcome);
            lines.clear();
        }
        state.spare = lines;
    }

    /// What is still to be waited for once all up to `position` is written.
    pub(crate) fn after(&self, position: u64) -> Option<Flush> {
        self.flusher.as_ref().map(|flusher| flusher.flush_of(position))
    }

    fn flush_error(&self) -> Result<(), TrailError> {
        self.flusher.as_ref().and_then(Flusher::failed).map_or(Ok(()), Err)
    }

    fn note(&self, state: &mut State, failed: Option<TrailError>) {
        if state.failed != failed {
            state.failed = failed;
            self.has_failed.store(failed.is_some(), Ordering::Release);
        }
    }

    fn health(&self) -> Health {
        if let Err(error) = self.flush_error() {
            return Health::Failed(error);
        }
        if !self.has_failed.load(Ordering::Acquire) {
            return Health::Writing;
        }
        self.lock().failed.map_or(Health::Writing, Health::Failed)
    }

    fn probe(&self) -> Health {
        let mut state = self.lock();
        if state.failed.is_some() {
            let failed = state.writer.probe().err();
            self.note(&mut state, failed);
        }
        drop(state);
        self.health()
    }
}
