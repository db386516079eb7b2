//! What writes the index: it follows the trail and adds a block for every few hundred records.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use futures_util::future::{self, BoxFuture};

use super::block::{Draft, MAGIC};
use super::sidecar::{Blocks, clear_orphans, path_of, read};
use crate::file::{TrailFile, list};
use crate::line::chain_before;
use crate::reader::heading_of;
use crate::writer::FILE_MODE;
use crate::{Consumer, ConsumerFault, Entry, Position};

/// Writes the index of the trail in a directory, as the records come.
#[derive(Debug)]
pub struct Indexer {
    directory: PathBuf,
    position: Option<Position>,
    /// The file that the last record was of.
    file: u64,
    current: Option<Current>,
}

/// The index of the file of the trail that records come from.
#[derive(Debug)]
struct Current {
    trail: File,
    index: File,
    /// What is written of the index.
    bytes: u64,
    checksum: u32,
    draft: Draft,
}

impl Indexer {
    /// Finds out up to where the trail in this directory is indexed.
    pub fn open(directory: &Path) -> io::Result<Indexer> {
        clear_orphans(directory)?;
        let mut position: Option<Position> = None;
        for file in list(directory)? {
            let reached = reached(&file, position.map_or(0, |position| position.records))?;
            position = Some(reached.position);
            if !reached.is_whole {
                break;
            }
        }
        Ok(Indexer { directory: directory.to_owned(), position, file: 0, current: None })
    }

    fn add(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        if entry.place.file != self.file {
            self.write()?;
            self.current = Current::open(&self.directory, entry.place.file)?;
            self.file = entry.place.file;
        }
        // A file that was taken away meanwhile needs no index.
        if let Some(current) = &mut self.current {
            current.add(entry)?;
        }
        self.position = Some(entry.after);
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        self.current.as_mut().map_or(Ok(()), Current::write)
    }
}

/// Up to where a file of the trail is indexed.
struct Reached {
    position: Position,
    /// Whether that is its end.
    is_whole: bool,
}

/// With how many records there are before it, as far as the files before it tell.
fn reached(file: &TrailFile, records_before: u64) -> io::Result<Reached> {
    let (trail, mut index) = (File::open(&file.path)?, Vec::new());
    read(file, &mut index);
    let blocks = Blocks::of(&index, &trail)?;
    let records = match blocks.each.last() {
        Some(last) => last.records,
        // Whoever reads the file tells of a damaged heading.
        None => heading_of(file).map_or(records_before, |heading| heading.records_before),
    };
    let position = Position { records, file: file.sequence, offset: blocks.end() };
    Ok(Reached { position, is_whole: blocks.end() == trail.metadata()?.len() })
}

impl Consumer for Indexer {
    fn name(&self) -> &'static str {
        "index"
    }

    fn position(&self) -> Option<Position> {
        self.position
    }

    fn take<'a>(&'a mut self, entries: &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ConsumerFault>> {
        let taken = entries.iter().try_for_each(|entry| self.add(entry));
        Box::pin(future::ready(taken.map_err(|error| ConsumerFault(error.to_string()))))
    }
}

impl Current {
    /// Goes on where the index of the file ends; none when the file is not there.
    fn open(directory: &Path, sequence: u64) -> io::Result<Option<Current>> {
        let files = list(directory)?;
        let Some(file) = files.iter().find(|file| file.sequence == sequence) else { return Ok(None) };
        Current::of(file).map(Some)
    }

    fn of(file: &TrailFile) -> io::Result<Current> {
        let trail = File::open(&file.path)?;
        let mut options = OpenOptions::new();
        let index = options.write(true).create(true).truncate(false).mode(FILE_MODE).open(path_of(file))?;
        let mut buffer = Vec::new();
        read(file, &mut buffer);
        let blocks = Blocks::of(&buffer, &trail)?;
        let (checksum, draft) = (blocks.checksum, Draft::at(blocks.end()));
        let mut bytes = blocks.bytes as u64;
        index.set_len(bytes)?;
        if bytes == 0 {
            index.write_all_at(MAGIC, 0)?;
            bytes = MAGIC.len() as u64;
        }
        Ok(Current { trail, index, bytes, checksum, draft })
    }

    /// Adds a record, unless it is indexed already. One that does not follow what is there begins a block.
    fn add(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let begin = entry.place.offset;
        if begin < self.draft.end {
            return Ok(());
        }
        if self.draft.is_full() || begin > self.draft.end {
            self.write()?;
            self.draft = Draft::at(begin);
        }
        self.draft.add(entry);
        Ok(())
    }

    /// Writes the block that was begun. What a failed write left is written over by the next.
    fn write(&mut self) -> io::Result<()> {
        if self.draft.is_empty() {
            return Ok(());
        }
        let Some(chain) = chain_before(&self.trail, self.draft.end)? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let (block, checksum) = self.draft.write(&chain.text(), self.checksum);
        self.index.write_all_at(&block, self.bytes)?;
        self.bytes += block.len() as u64;
        self.checksum = checksum;
        self.draft = Draft::at(self.draft.end);
        Ok(())
    }
}
