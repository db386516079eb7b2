//! Records as whoever follows the trail gets them.

use crate::batch;
use crate::handover::Written;
use crate::line::close_record;
use crate::outline::Outline;
use crate::{Event, Position};

/// Where a record stands in its trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's place in the trail; 0 in memory.
    pub file: u64,
    /// Where its line begins in the file, in bytes; in memory, how many records came before it.
    pub offset: u64,
}

/// A record as whoever follows the trail gets it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Where it stands.
    pub place: Place,
    /// Where one stands who has seen it.
    pub after: Position,
    /// The record's JSON, as CloudTrail delivers it.
    pub text: &'a str,
    /// What it says.
    pub event: Event<'a>,
}

/// Records that were read together.
#[derive(Debug, Default)]
pub struct Batch {
    runs: Vec<Run>,
}

/// Records of one text.
#[derive(Debug, Default)]
pub(crate) struct Run {
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) place: Place,
    pub(crate) after: Position,
    /// Of what was handed over; what was read has none yet.
    pub(crate) outline: Option<Outline>,
}

impl Run {
    /// What was read. What is no record gets no outline.
    pub(crate) fn read(text: String, mut lines: Vec<Line>) -> Run {
        for line in &mut lines {
            line.outline = text.get(line.start..line.end).and_then(Outline::of);
        }
        Run { text, lines }
    }

    /// What was handed over; none when it is no text, which no writer makes.
    pub(crate) fn written(Written { from, lines: written, .. }: Written) -> Option<Run> {
        let (mut bytes, mut start, mut after) = (written.bytes, 0, from);
        let line = |line: batch::Line| {
            let (begin, place) = (start, Place { file: after.file, offset: after.offset });
            start += line.bytes;
            after.records += 1;
            after.offset += line.bytes as u64;
            let end = begin + close_record(&mut bytes[begin..start]);
            Line { start: begin, end, place, after, outline: Some(line.outline) }
        };
        let lines = written.each.into_iter().map(line).collect();
        Some(Run { text: String::from_utf8(bytes).ok()?, lines })
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().filter_map(|line| {
            let text = self.text.get(line.start..line.end)?;
            let event = Event::of(text, line.outline.as_ref()?);
            Some(Entry { place: line.place, after: line.after, text, event })
        })
    }
}

impl FromIterator<Run> for Batch {
    fn from_iter<R: IntoIterator<Item = Run>>(runs: R) -> Batch {
        Batch { runs: runs.into_iter().filter(|run| !run.lines.is_empty()).collect() }
    }
}

impl Batch {
    /// Its records, each read; what is not one is left out.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        let mut entries = Vec::with_capacity(self.len());
        entries.extend(self.runs.iter().flat_map(Run::entries));
        entries
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.lines.len()).sum()
    }

    /// Where one stands who has seen all of it.
    pub fn end(&self) -> Position {
        self.runs.last().and_then(|run| run.lines.last()).map(|line| line.after).unwrap_or_default()
    }

    /// Whether everything was read before.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}
