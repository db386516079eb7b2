//! One look-up on its way through the trail, newest records first.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::num::NonZeroUsize;
use std::ops::Range;

use memchr::memmem::Finder;
use memchr::memrchr;

use super::block::{BLOCK_BYTES, Times};
use super::lookup::Lookup;
use super::sidecar::{self, Blocks};
use crate::file::TrailFile;
use crate::line::ReadLine;
use crate::{Event, Outline, Place, Trail};

/// A look-up and what was found so far.
pub(super) struct Search<'a> {
    pub(super) lookup: &'a Lookup,
    finder: Finder<'a>,
    limit: NonZeroUsize,
    /// What stands there or later was told of before.
    before: Option<Place>,
    pub(super) found: Vec<(Place, String)>,
    /// Room for a file's index, and for a stretch of a file.
    index: Vec<u8>,
    stretch: Vec<u8>,
}

impl<'a> Search<'a> {
    pub(super) fn new(lookup: &'a Lookup, limit: NonZeroUsize, before: Option<Place>) -> Search<'a> {
        let (found, index, stretch) = (Vec::new(), Vec::new(), Vec::new());
        Search { lookup, finder: lookup.finder(), limit, before, found, index, stretch }
    }

    pub(super) fn is_done(&self) -> bool {
        self.found.len() >= self.limit.get()
    }

    /// Whether something at this place is still to be told of.
    fn is_ahead(&self, file: u64, offset: u64) -> bool {
        self.before.is_none_or(|before| (file, offset) < (before.file, before.offset))
    }

    /// A trail in memory has no index.
    pub(super) fn memory(&mut self, trail: &Trail) {
        let (first, records) = trail.kept_since(0, usize::MAX);
        for (number, record) in records.into_iter().enumerate().rev() {
            let offset = first + number as u64;
            if !self.is_done() && self.is_ahead(0, offset) && self.is_asked_for(&record) {
                self.found.push((Place { file: 0, offset }, record));
            }
        }
    }

    /// Answers when the records of the file were done, if all of it is indexed.
    pub(super) fn file(&mut self, file: &TrailFile, mut trail: File) -> io::Result<Option<Times>> {
        if !self.is_ahead(file.sequence, 0) {
            return Ok(None);
        }
        let mut index = std::mem::take(&mut self.index);
        sidecar::read(file, &mut index);
        let blocks = Blocks::of(&index, &trail)?;
        let length = trail.metadata()?.len();
        let mut later = length;
        for block in blocks.each.iter().rev() {
            self.unindexed(file, &mut trail, block.end..later)?;
            let is_open = !self.is_done() && self.is_ahead(file.sequence, block.begin);
            if is_open && self.lookup.may_be_in(block) {
                self.stretch(file, &mut trail, block.begin..block.end)?;
            }
            later = block.begin;
        }
        self.unindexed(file, &mut trail, 0..later)?;
        let times = || blocks.each.iter().fold(Times::NONE, |times, block| times.and(block.times));
        let is_whole = blocks.end() == length;
        let times = is_whole.then(times);
        self.index = index;
        Ok(times)
    }

    /// Looks through what no block tells of, in stretches of about the size of a block.
    fn unindexed(&mut self, file: &TrailFile, trail: &mut File, range: Range<u64>) -> io::Result<()> {
        if range.is_empty() || self.is_done() {
            return Ok(());
        }
        let mut cuts = vec![range.start];
        while let Some(from) = cuts.last().map(|cut| cut + BLOCK_BYTES)
            && from < range.end
        {
            cuts.push(line_end(trail, from)?.min(range.end));
        }
        let mut end = range.end;
        for begin in cuts.into_iter().rev() {
            self.stretch(file, trail, begin..end)?;
            end = begin;
        }
        Ok(())
    }

    /// Looks through whole lines; what follows the last is still being written.
    fn stretch(&mut self, file: &TrailFile, trail: &mut File, range: Range<u64>) -> io::Result<()> {
        if range.is_empty() || self.is_done() || !self.is_ahead(file.sequence, range.start) {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.stretch);
        bytes.clear();
        trail.seek(SeekFrom::Start(range.start))?;
        trail.take(range.end - range.start).read_to_end(&mut bytes)?;
        let mut end = memrchr(b'\n', &bytes);
        while let Some(line_end) = end
            && !self.is_done()
        {
            end = memrchr(b'\n', &bytes[..line_end]);
            let begin = end.map_or(0, |end| end + 1);
            let place = Place { file: file.sequence, offset: range.start + begin as u64 };
            self.line(place, &bytes[begin..line_end]);
        }
        self.stretch = bytes;
        Ok(())
    }

    fn line(&mut self, place: Place, line: &[u8]) {
        // The first line of a file is its heading.
        if place.offset == 0 || !self.is_ahead(place.file, place.offset) || self.finder.find(line).is_none() {
            return;
        }
        if let Some(record) = ReadLine::parse(line).map(|line| line.record())
            && self.is_asked_for(&record)
        {
            self.found.push((place, record));
        }
    }

    fn is_asked_for(&self, record: &str) -> bool {
        Outline::of(record).is_some_and(|outline| self.lookup.is_met(&Event::of(record, &outline)))
    }
}

/// Where the first line ends that ends behind this place, or the file.
fn line_end(trail: &mut File, from: u64) -> io::Result<u64> {
    trail.seek(SeekFrom::Start(from))?;
    Ok(from + BufReader::new(trail).skip_until(b'\n')? as u64)
}
