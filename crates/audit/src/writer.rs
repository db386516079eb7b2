//! The end of the trail that is written to: one file, its length, and the chain so far.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::batch::{Line, Lines};
use crate::chain::Chain;
use crate::file::TrailFile;
use crate::flusher::Flusher;
use crate::heading::Heading;
use crate::line::{OpenLine, put_chain};
use crate::open::DirectoryLock;
use crate::{Position, TrailError};

/// Nobody but the owner reads the trail.
pub(crate) const FILE_MODE: u32 = 0o600;

/// What a probe writes, and cuts off again.
const PROBE_BYTES: usize = 16 * 1024;

/// Ends the name of a file whose heading is not yet written.
pub(crate) const NEW_END: &str = "new";

/// Writes lines, follows a full file with the next, and cuts off what a failed write left.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) directory: PathBuf,
    pub(crate) file_bytes_max: u64,
    /// None until the first record of a new trail.
    pub(crate) current: Option<Current>,
    /// Of the newest file; 0 before the first.
    pub(crate) sequence: u64,
    pub(crate) records: u64,
    pub(crate) chain: Chain,
    /// Held as long as the trail is open.
    pub(crate) _lock: DirectoryLock,
}

/// The file that is written to.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) file: Arc<File>,
    /// Bytes of whole lines.
    pub(crate) length: u64,
    /// Whether something unfinished may stand behind them.
    pub(crate) is_torn: bool,
}

impl Writer {
    pub(crate) fn head(&self) -> (u64, Chain) {
        (self.records, self.chain)
    }

    /// Where the trail ends.
    pub(crate) fn end(&self) -> Position {
        let offset = self.current.as_ref().map_or(0, |current| current.length);
        Position { records: self.records, file: self.sequence, offset }
    }

    /// Appends the lines, those that fit one file in one write, and answers the number of records after them. What is
    /// written is announced to the flusher; a full file is flushed before the next is begun.
    pub(crate) fn append(&mut self, lines: &mut Lines, flusher: Option<&Flusher>) -> Result<u64, TrailError> {
        let (mut open, mut each) = (&mut lines.bytes[..], &lines.each[..]);
        while let Some(first) = each.first() {
            let mut current = self.room_for(first, flusher)?;
            let (run, later) = each.split_at(current.fitting(each, self.file_bytes_max));
            let (bytes, rest) = open.split_at_mut(run.iter().map(|line| line.bytes).sum());
            let chain = chained(self.chain, run, bytes);
            let outcome = current.append(bytes);
            let file = Arc::clone(&current.file);
            self.current = Some(current);
            outcome?;
            self.chain = chain;
            self.records += run.len() as u64;
            if let Some(flusher) = flusher {
                flusher.written(&file, self.records);
            }
            (open, each) = (rest, later);
        }
        Ok(self.records)
    }

    /// Writes to the end of the file and cuts it off again.
    pub(crate) fn probe(&mut self) -> Result<(), TrailError> {
        let Some(current) = &mut self.current else {
            return Ok(probe_directory(&self.directory)?);
        };
        current.mend()?;
        current.is_torn = true;
        let outcome = (&*current.file).write_all(&[b' '; PROBE_BYTES]);
        current.mend()?;
        Ok(outcome?)
    }

    /// Takes out the file that the line goes to, with nothing unfinished in it.
    fn room_for(&mut self, line: &Line, flusher: Option<&Flusher>) -> Result<Current, TrailError> {
        if let Some(current) = &mut self.current {
            current.mend()?;
        }
        match self.current.take() {
            Some(current) if current.fits(line.bytes, self.file_bytes_max) => Ok(current),
            full => self.next_file(line, flusher).inspect_err(|_| self.current = full),
        }
    }

    /// Begins the file whose first record this is.
    fn next_file(&mut self, line: &Line, flusher: Option<&Flusher>) -> Result<Current, TrailError> {
        if let Some(flusher) = flusher {
            flusher.wait(self.records)?;
        }
        let sequence = self.sequence + 1;
        let mut bytes = Vec::new();
        let heading = Heading {
            begun: line.time,
            region: line.region().to_owned(),
            event_id: self.chain.file_event_id(&line.hash),
            sequence,
            records_before: self.records,
            previous: self.chain,
        };
        heading.write(&mut bytes);
        let heading = OpenLine::of(&mut bytes);
        let chain = self.chain.extended(&heading.hash);
        let place = TrailFile::named(&self.directory, line.time, sequence);
        let current = begin(&place.path, heading.chained(&chain))?;
        self.sequence = sequence;
        self.chain = chain;
        Ok(current)
    }
}

impl Current {
    /// Opens an existing file, of which this many bytes are whole lines.
    pub(crate) fn resume(path: &Path, length: u64) -> io::Result<Current> {
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Current { file: Arc::new(file), length, is_torn: false })
    }

    fn fits(&self, bytes: usize, file_bytes_max: u64) -> bool {
        self.length.saturating_add(bytes as u64) <= file_bytes_max
    }

    /// How many of the lines fit; always the first, for which there is room.
    fn fitting(&self, lines: &[Line], file_bytes_max: u64) -> usize {
        let mut bytes = 0;
        let fits = |line: &&Line| {
            bytes += line.bytes;
            self.fits(bytes, file_bytes_max)
        };
        lines.iter().take_while(fits).count().max(1)
    }

    fn append(&mut self, line: &[u8]) -> Result<(), TrailError> {
        self.is_torn = true;
        if let Err(error) = (&*self.file).write_all(line) {
            // A cut that fails too is made up for by the next append.
            let _ = self.mend();
            return Err(error.into());
        }
        self.is_torn = false;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Cuts off what a failed write left behind.
    pub(crate) fn mend(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.file.set_len(self.length)?;
            self.is_torn = false;
        }
        Ok(())
    }
}

/// Puts its chain value into each of the lines in `bytes`, and answers the last.
fn chained(before: Chain, lines: &[Line], mut bytes: &mut [u8]) -> Chain {
    let mut chain = before;
    for line in lines {
        let (this, rest) = bytes.split_at_mut(line.bytes);
        chain = chain.extended(&line.hash);
        put_chain(this, &chain);
        bytes = rest;
    }
    chain
}

/// Begins a file: under another name until its heading is on disk, so that every trail file has a whole heading.
fn begin(path: &Path, line: &[u8]) -> io::Result<Current> {
    let unfinished = path.with_extension(NEW_END);
    begin_as(&unfinished, path, line).inspect_err(|_| {
        // What is left of the first is cleared at the next opening; the second holds no record yet.
        let _ = fs::remove_file(&unfinished);
        let _ = fs::remove_file(path);
    })
}

fn begin_as(unfinished: &Path, path: &Path, line: &[u8]) -> io::Result<Current> {
    let mut file =
        OpenOptions::new().append(true).create(true).truncate(false).mode(FILE_MODE).open(unfinished)?;
    file.set_len(0)?;
    file.write_all(line)?;
    file.sync_data()?;
    fs::rename(unfinished, path)?;
    flush_directory(path)?;
    Ok(Current { file: Arc::new(file), length: line.len() as u64, is_torn: false })
}

fn flush_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn probe_directory(directory: &Path) -> io::Result<()> {
    let path = directory.join("probe.new");
    let outcome = fs::write(&path, [b' '; PROBE_BYTES]);
    fs::remove_file(&path)?;
    outcome
}
