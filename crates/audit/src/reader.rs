//! Reading a trail back, with or without checking its chain.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::vec;

use crate::Head;
use crate::chain::Chain;
use crate::file::{TrailFile, list};
use crate::heading::Heading;
use crate::line::{LINE_BYTES_MAX, ReadLine};

/// Where a trail is not what was written, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}: {breach}", .file.display())]
pub struct ChainBroken {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: u64,
    /// What is wrong there.
    pub breach: Breach,
}

/// How a trail differs from what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// The operating system would not let it be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// The heading is not one of this format, or is not of this file.
    #[error("the heading is not that of this file")]
    Heading,
    /// The line is no record's line.
    #[error("not a line of a trail")]
    Malformed,
    /// The line's chain value does not follow from the lines before it: something was changed, removed or moved.
    #[error("does not follow from what stands before it")]
    Chain,
    /// The file with this number is not there.
    #[error("file number {sequence} is missing before this one")]
    FileMissing {
        /// The number of the missing file.
        sequence: u64,
    },
    /// A file that has a successor ends within a line.
    #[error("ends within a line")]
    Unfinished,
    /// The trail ends before the head that was kept elsewhere.
    #[error("the trail ends here with {records} records, fewer than were expected: its end was cut off")]
    CutOff {
        /// Records since the beginning of the trail.
        records: u64,
    },
    /// The trail does not come through the head that was kept elsewhere.
    #[error("record number {records} is not the one that was expected: the trail was written anew")]
    Unexpected {
        /// Records since the beginning of the trail.
        records: u64,
    },
    /// The head that was kept elsewhere lies before the oldest file.
    #[error("the expected head lies before this file: only the archive can tell")]
    Archived,
}

/// What a trail whose chain holds consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Records before the oldest file that is there; 0 when nothing was archived.
    pub records_before: u64,
    /// Records read.
    pub records: u64,
    /// The chain's last value. A trail cut off at its end shows only in this: compare it with one kept elsewhere.
    pub head: Chain,
    /// Bytes behind the last whole line: a record being written, or what a crash left.
    pub unfinished_bytes: u64,
}

impl Summary {
    /// What is to be kept elsewhere.
    pub fn head(&self) -> Head {
        Head { records: self.records_before + self.records, chain: self.head }
    }
}

/// How far a file leads.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) chain: Chain,
    /// Since the beginning of the trail.
    pub(crate) records: u64,
    pub(crate) records_before: u64,
    pub(crate) whole_bytes: u64,
    pub(crate) unfinished_bytes: u64,
}

/// Checks every line of the trail in this directory. An empty or missing trail is a [`Summary`] of nothing only when
/// the directory can be read.
pub fn verify_chain(directory: &Path) -> Result<Summary, ChainBroken> {
    let files = files_of(directory)?;
    let mut summary =
        Summary { files: 0, records_before: 0, records: 0, head: Chain::genesis(), unfinished_bytes: 0 };
    let mut before: Option<(u64, Reached)> = None;
    for file in &files {
        let previous = before.as_ref().map(|(sequence, reached)| (*sequence, reached));
        let reached = check_file(file, previous)?;
        if before.is_none() {
            summary.records_before = reached.records_before;
        }
        summary.files += 1;
        summary.records = reached.records - summary.records_before;
        summary.head = reached.chain;
        summary.unfinished_bytes = reached.unfinished_bytes;
        before = Some((file.sequence, reached));
    }
    Ok(summary)
}

/// Checks one file; with `before` also that it follows the file with that number, which led that far.
pub(crate) fn check_file(file: &TrailFile, before: Option<(u64, &Reached)>) -> Result<Reached, ChainBroken> {
    let mut lines = Lines::open(file)?;
    if let Some((sequence, reached)) = before {
        if file.sequence != sequence + 1 {
            return Err(lines.broken(Breach::FileMissing { sequence: sequence + 1 }));
        }
        if reached.unfinished_bytes > 0 {
            return Err(lines.broken(Breach::Unfinished));
        }
    }
    let (heading, mut chain) = check_heading(&mut lines, file.sequence, before.map(|(_, reached)| reached))?;
    let mut records = heading.records_before;
    while lines.advance()? {
        let line = ReadLine::parse(lines.line()).ok_or_else(|| lines.broken(Breach::Malformed))?;
        chain = chain.extended(&line.hash());
        if line.chain != chain {
            return Err(lines.broken(Breach::Chain));
        }
        records += 1;
    }
    let Heading { records_before, .. } = heading;
    let (whole_bytes, unfinished_bytes) = (lines.whole_bytes, lines.unfinished_bytes);
    Ok(Reached { chain, records, records_before, whole_bytes, unfinished_bytes })
}

fn check_heading(
    lines: &mut Lines,
    sequence: u64,
    before: Option<&Reached>,
) -> Result<(Heading, Chain), ChainBroken> {
    lines.advance()?;
    let (line, heading) = lines.heading()?;
    if heading.sequence != sequence {
        return Err(lines.broken(Breach::Heading));
    }
    let follows = match before {
        Some(reached) => heading.previous == reached.chain && heading.records_before == reached.records,
        None if sequence == 1 => heading.previous == Chain::genesis() && heading.records_before == 0,
        // What came before was archived: only the archive can tell.
        None => true,
    };
    let chain = heading.previous.extended(&line.hash());
    if !follows || line.chain != chain {
        return Err(lines.broken(Breach::Chain));
    }
    Ok((heading, chain))
}

/// The records of the trail in this directory, oldest first, each as its JSON without the chain value; the files'
/// headings are left out. The chain is not checked; what stands behind the last whole line is passed over, so a trail
/// may be read while it is written.
pub fn read_trail(directory: &Path) -> Result<Records, ChainBroken> {
    Ok(Records { files: files_of(directory)?.into_iter(), lines: None })
}

/// An iterator over the records of a trail.
#[derive(Debug)]
pub struct Records {
    files: vec::IntoIter<TrailFile>,
    lines: Option<Lines>,
}

impl Records {
    fn read(&mut self) -> Result<Option<String>, ChainBroken> {
        loop {
            if let Some(lines) = &mut self.lines
                && lines.advance()?
            {
                let line = ReadLine::parse(lines.line()).ok_or_else(|| lines.broken(Breach::Malformed))?;
                return Ok(Some(line.record()));
            }
            let Some(file) = self.files.next() else { return Ok(None) };
            let lines = self.lines.insert(Lines::open(&file)?);
            lines.advance()?;
            lines.heading()?;
        }
    }
}

impl Iterator for Records {
    type Item = Result<String, ChainBroken>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = self.read();
        if outcome.is_err() {
            self.files = Vec::new().into_iter();
            self.lines = None;
        }
        outcome.transpose()
    }
}

/// What a file begins with. The chain is not checked.
pub(crate) fn heading_of(file: &TrailFile) -> Result<Heading, ChainBroken> {
    let mut lines = Lines::open(file)?;
    lines.advance()?;
    lines.heading().map(|(_, heading)| heading)
}

pub(crate) fn files_of(directory: &Path) -> Result<Vec<TrailFile>, ChainBroken> {
    list(directory).map_err(|error| ChainBroken {
        file: directory.to_owned(),
        line: 0,
        breach: Breach::Unreadable(error.kind()),
    })
}

/// The whole lines of a file, one at a time.
#[derive(Debug)]
pub(crate) struct Lines {
    reader: BufReader<File>,
    path: PathBuf,
    line: Vec<u8>,
    number: u64,
    whole_bytes: u64,
    unfinished_bytes: u64,
}

impl Lines {
    pub(crate) fn open(file: &TrailFile) -> Result<Lines, ChainBroken> {
        let path = file.path.clone();
        match File::open(&path) {
            Ok(file) => Ok(Lines {
                reader: BufReader::with_capacity(LINE_BYTES_MAX, file),
                path,
                line: Vec::new(),
                number: 1,
                whole_bytes: 0,
                unfinished_bytes: 0,
            }),
            Err(error) => Err(ChainBroken { file: path, line: 0, breach: Breach::Unreadable(error.kind()) }),
        }
    }

    /// The line that was reached, without its line end.
    pub(crate) fn line(&self) -> &[u8] {
        self.line.strip_suffix(b"\n").unwrap_or(&self.line)
    }

    /// The line that was reached, which must be a file's heading; an empty one is none.
    pub(crate) fn heading(&self) -> Result<(ReadLine<'_>, Heading), ChainBroken> {
        let line = ReadLine::parse(self.line());
        line.and_then(|line| Heading::parse(&line.record()).map(|heading| (line, heading)))
            .ok_or_else(|| self.broken(Breach::Heading))
    }

    /// Goes to the next whole line; false when there is none.
    pub(crate) fn advance(&mut self) -> Result<bool, ChainBroken> {
        if self.whole_bytes > 0 {
            self.number += 1;
        }
        self.line.clear();
        let limit = LINE_BYTES_MAX as u64;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line);
        let bytes = read.map_err(|error| self.unreadable(&error))? as u64;
        if self.line.ends_with(b"\n") {
            self.whole_bytes += bytes;
            return Ok(true);
        }
        self.line.clear();
        self.unfinished_bytes = bytes;
        if bytes == limit {
            self.pass_over_tail()?;
        }
        Ok(false)
    }

    /// Reads to the end what is longer than any line: a tail without line end, else no trail.
    fn pass_over_tail(&mut self) -> Result<(), ChainBroken> {
        loop {
            let (bytes, ends) = match self.reader.fill_buf() {
                Ok(bytes) => (bytes.len(), bytes.contains(&b'\n')),
                Err(error) => return Err(self.unreadable(&error)),
            };
            if ends {
                return Err(self.broken(Breach::Malformed));
            }
            if bytes == 0 {
                return Ok(());
            }
            self.reader.consume(bytes);
            self.unfinished_bytes += bytes as u64;
        }
    }

    fn unreadable(&self, error: &io::Error) -> ChainBroken {
        self.broken(Breach::Unreadable(error.kind()))
    }

    pub(crate) fn broken(&self, breach: Breach) -> ChainBroken {
        ChainBroken { file: self.path.clone(), line: self.number, breach }
    }
}
