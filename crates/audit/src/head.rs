//! How far a trail has come, to be kept elsewhere and looked for again.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::Chain;
use crate::heading::Heading;
use crate::line::ReadLine;
use crate::reader::{Breach, ChainBroken, Lines, files_of};

/// How far a trail has come; its text is `records:chain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Records since its beginning.
    pub records: u64,
    /// The chain's value behind the last of them.
    pub chain: Chain,
}

/// The text is no number with a colon and 64 lower-case hexadecimal digits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the head of a trail is written RECORDS:CHAIN, with the 64 digits of the chain")]
pub struct MalformedHead;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.records, self.chain)
    }
}

impl FromStr for Head {
    type Err = MalformedHead;

    fn from_str(text: &str) -> Result<Head, MalformedHead> {
        let (records, chain) = text.split_once(':').ok_or(MalformedHead)?;
        let records = records.parse().map_err(|_| MalformedHead)?;
        Ok(Head { records, chain: Chain::parse(chain.as_bytes()).ok_or(MalformedHead)? })
    }
}

/// Checks that a trail whose chain holds came through this head, which was kept elsewhere: that nothing was cut off its end
/// since, and that nobody wrote it anew.
pub fn verify_head(directory: &Path, expected: &Head) -> Result<(), ChainBroken> {
    let files = files_of(directory)?;
    let Some(oldest) = files.first() else {
        let is_begun = *expected != Head { records: 0, chain: Chain::genesis() };
        let (file, breach) = (directory.to_owned(), Breach::CutOff { records: 0 });
        return if is_begun { Err(ChainBroken { file, line: 0, breach }) } else { Ok(()) };
    };
    for file in files.iter().rev() {
        let mut lines = Lines::open(file)?;
        lines.advance()?;
        let (line, heading) = lines.heading()?;
        if heading.records_before <= expected.records {
            // Of two values behind as many records, one is the heading's own.
            let is_met = heading.records_before == expected.records && line.chain == expected.chain;
            return if is_met { Ok(()) } else { meets(&mut lines, &heading, expected) };
        }
    }
    Err(ChainBroken { file: oldest.path.clone(), line: 1, breach: Breach::Archived })
}

/// Whether the file whose heading was read comes through the head.
fn meets(lines: &mut Lines, heading: &Heading, expected: &Head) -> Result<(), ChainBroken> {
    let Heading { records_before: mut records, previous: mut chain, .. } = *heading;
    while records < expected.records {
        if !lines.advance()? {
            return Err(lines.broken(Breach::CutOff { records }));
        }
        let line = ReadLine::parse(lines.line()).ok_or_else(|| lines.broken(Breach::Malformed))?;
        chain = line.chain;
        records += 1;
    }
    if chain == expected.chain { Ok(()) } else { Err(lines.broken(Breach::Unexpected { records })) }
}
