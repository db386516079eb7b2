//! Following a trail: every record once, in order and as soon as it is as durable as the trail's setting asks.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use memchr::memchr;

use crate::entries::{Line, Run};
use crate::file::{TrailFile, list};
use crate::handover::{Next, Written};
use crate::heading::Heading;
use crate::line::{LINE_BYTES_MAX, ReadLine};
use crate::{Batch, Entry, Place, Trail};

/// Bytes that are read at a time: the longest line fits, and they stay in a processor's cache until everybody has seen the
/// records.
const READ_BYTES: usize = LINE_BYTES_MAX;

/// About the length of a line, to set aside room once.
const USUAL_LINE_BYTES: usize = 1024;

/// Most records of a trail in memory that are read at a time.
const READ_RECORDS: usize = 1_000;

/// Where somebody who follows a trail stands: behind how many records, and where their file goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Records before it, since the trail began.
    pub records: u64,
    /// The file's place in the trail; 0 before the first file, and in memory.
    pub file: u64,
    /// Bytes of the file before it.
    pub offset: u64,
}

/// The text is not three numbers with colons between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a trail")]
pub struct MalformedPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.records, self.file, self.offset)
    }
}

impl FromStr for Position {
    type Err = MalformedPosition;

    fn from_str(text: &str) -> Result<Position, MalformedPosition> {
        let mut numbers = text.splitn(3, ':').map(|number| number.parse().map_err(|_| MalformedPosition));
        let mut next = || numbers.next().ok_or(MalformedPosition)?;
        Ok(Position { records: next()?, file: next()?, offset: next()? })
    }
}

/// Why a consumer could not take what it was given. It is given the same again later.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConsumerFault(pub String);

/// Somebody who is told of every record. It is given each once and in order; after a crash, from where it says that it
/// stands.
pub trait Consumer: Send {
    /// What the log calls it.
    fn name(&self) -> &'static str;

    /// Where it stands; none when it has seen nothing and begins with the oldest record there is.
    fn position(&self) -> Option<Position>;

    /// Takes the next records. It waits for nobody outside of this node.
    fn take<'a>(&'a mut self, entries: &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ConsumerFault>>;
}

/// Why records are missing to whoever follows the trail. It goes on behind them.
#[derive(Debug, thiserror::Error)]
pub enum FollowFault {
    /// The operating system would not let the trail be read.
    #[error("the trail at {} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Files were taken away before everybody had read them.
    #[error("records {from} to {to} of the trail were taken away unread")]
    TakenAway {
        /// Records that were read.
        from: u64,
        /// Records before the oldest that is there.
        to: u64,
    },
    /// The trail ends before what was read: a loss of power cut it.
    #[error("the trail ends at {there} records, of which {read} had been read")]
    Cut {
        /// Records that were read.
        read: u64,
        /// Records that are there.
        there: u64,
    },
    /// A line is no record; it was passed over.
    #[error("{}, byte {offset}: not a record", .path.display())]
    NoRecord {
        /// The file.
        path: PathBuf,
        /// Where the line begins.
        offset: u64,
    },
}

/// Reads a trail from a position on.
#[derive(Debug)]
pub struct Follower {
    trail: Arc<Trail>,
    position: Position,
}

impl Follower {
    /// Stands at this position; without one, before the oldest record there is.
    pub fn new(trail: Arc<Trail>, position: Option<Position>) -> Follower {
        trail.follow();
        Follower { trail, position: position.unwrap_or_default() }
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Reads what comes next and is settled; blocks its thread. What it could not read it passes over, and tells.
    pub fn read(&mut self) -> Result<Batch, FollowFault> {
        let settled = self.trail.settled();
        if settled < self.position.records {
            return self.go_back(settled);
        }
        if settled == self.position.records {
            return Ok(Batch::default());
        }
        match self.trail.next(self.position, settled, READ_BYTES) {
            Next::Take(written) => Ok(self.take(written)),
            Next::ReadUpTo(records) => match self.trail.directory() {
                Some(directory) => self.read_files(&directory, records),
                None => self.read_memory(),
            },
        }
    }

    fn take(&mut self, written: Vec<Written>) -> Batch {
        let batch: Batch = written.into_iter().map_while(Run::written).collect();
        if !batch.is_empty() {
            self.position = batch.end();
        }
        batch
    }

    /// The trail is shorter than it was: what it had is lost, and what comes now is new.
    fn go_back(&mut self, there: u64) -> Result<Batch, FollowFault> {
        let read = self.position.records;
        self.position = self.trail.end();
        Err(FollowFault::Cut { read, there })
    }

    fn read_memory(&mut self) -> Result<Batch, FollowFault> {
        let (first, records) = self.trail.kept_since(self.position.records, READ_RECORDS);
        let (from, mut text, mut lines) = (self.position.records, String::new(), Vec::new());
        if first > from {
            self.position = Position { records: first, ..Position::default() };
            return Err(FollowFault::TakenAway { from, to: first });
        }
        for (number, record) in (first..).zip(&records) {
            let start = text.len();
            text.push_str(record);
            let after = Position { records: number + 1, ..Position::default() };
            let place = Place { file: 0, offset: number };
            lines.push(Line { start, end: text.len(), place, after, outline: None });
            self.position = after;
        }
        Ok(Batch::from_iter([Run::read(text, lines)]))
    }

    fn read_files(&mut self, directory: &std::path::Path, settled: u64) -> Result<Batch, FollowFault> {
        let files = list(directory).map_err(|cause| unreadable(directory, cause))?;
        let Some(at) = files.iter().position(|file| file.sequence >= self.position.file) else {
            return Ok(Batch::default());
        };
        self.reach(&files[at])?;
        let batch = self.read_file(&files[at], settled)?;
        match files.get(at + 1) {
            Some(next) if batch.is_empty() => {
                self.position = Position { file: next.sequence, offset: 0, ..self.position };
                self.reach(next)?;
                self.read_file(next, settled)
            }
            _ => Ok(batch),
        }
    }

    /// Goes to the beginning of a file that is not the one where it stands, behind the heading.
    fn reach(&mut self, file: &TrailFile) -> Result<(), FollowFault> {
        if file.sequence == self.position.file && self.position.offset > 0 {
            return Ok(());
        }
        let bytes = read_at(file, 0)?;
        let end = memchr(b'\n', &bytes).unwrap_or(bytes.len());
        let line = ReadLine::parse(&bytes[..end]).map(|line| line.record());
        let heading = line.and_then(|record| Heading::parse(&record));
        let from = self.position.records;
        let to = heading.as_ref().map_or(from, |heading| heading.records_before);
        self.position = Position { records: to, file: file.sequence, offset: end as u64 + 1 };
        if heading.is_none() {
            return Err(FollowFault::NoRecord { path: file.path.clone(), offset: 0 });
        }
        match to > from {
            true => Err(FollowFault::TakenAway { from, to }),
            false => Ok(()),
        }
    }

    /// The whole lines that come next in the file, up to the last that is settled.
    fn read_file(&mut self, file: &TrailFile, settled: u64) -> Result<Batch, FollowFault> {
        let mut bytes = read_at(file, self.position.offset)?;
        let (mut lines, mut start) = (Vec::with_capacity(bytes.len() / USUAL_LINE_BYTES), 0);
        while self.position.records < settled
            && let Some(length) = memchr(b'\n', &bytes[start..])
        {
            let offset = self.position.offset;
            let record = ReadLine::parse(&bytes[start..start + length]).map(|line| line.record_bytes());
            // What was read before it is given first.
            if record.is_none() && !lines.is_empty() {
                break;
            }
            self.position.records += 1;
            self.position.offset += length as u64 + 1;
            let Some(record) = record else {
                return Err(FollowFault::NoRecord { path: file.path.clone(), offset });
            };
            // The record ended in a brace before the chain's value joined it.
            let end = start + record;
            bytes[end - 1] = b'}';
            let place = Place { file: file.sequence, offset };
            lines.push(Line { start, end, place, after: self.position, outline: None });
            start += length + 1;
        }
        bytes.truncate(start);
        let text = String::from_utf8(bytes)
            .map_err(|_| FollowFault::NoRecord { path: file.path.clone(), offset: self.position.offset })?;
        Ok(Batch::from_iter([Run::read(text, lines)]))
    }
}

fn unreadable(path: &std::path::Path, cause: io::Error) -> FollowFault {
    FollowFault::Unreadable { path: path.to_owned(), cause }
}

/// The bytes of a file from this offset on, at most [`READ_BYTES`].
fn read_at(file: &TrailFile, offset: u64) -> Result<Vec<u8>, FollowFault> {
    let read = || {
        let mut open = File::open(&file.path)?;
        open.seek(SeekFrom::Start(offset))?;
        let room = (READ_BYTES as u64).min(open.metadata()?.len().saturating_sub(offset));
        let mut bytes = Vec::with_capacity(room as usize);
        open.take(room).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|cause| unreadable(&file.path, cause))
}
