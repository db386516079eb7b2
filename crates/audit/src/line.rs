//! A line of a trail: a record's JSON object with one more member at its end, the chain value.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use crate::chain::{CHAIN_TEXT_BYTES, Chain, RecordHash};
use crate::outline::Outline;
use crate::{RECORD_BYTES_MAX, Record};

const CHAIN_START: &[u8] = b",\"chain\":\"";
const CHAIN_END: &[u8] = b"\"}";
const LINE_END: &[u8] = b"\n";

/// What stands behind the record's members.
const SUFFIX_BYTES: usize = CHAIN_START.len() + CHAIN_TEXT_BYTES + CHAIN_END.len();

/// Longest line, its line end included; the record's closing brace gives way to the suffix.
pub(crate) const LINE_BYTES_MAX: usize = RECORD_BYTES_MAX - 1 + SUFFIX_BYTES + LINE_END.len();

/// A line whose chain value is still open: everything else is written and hashed.
pub(crate) struct OpenLine<'b> {
    bytes: &'b mut [u8],
    pub(crate) hash: RecordHash,
}

impl<'b> OpenLine<'b> {
    /// Writes the record's line into `buffer`, replacing what was there; with where its members stand.
    pub(crate) fn write(record: &Record<'_>, buffer: &'b mut Vec<u8>) -> (OpenLine<'b>, Outline) {
        let outline = record.write_noting(buffer);
        (OpenLine::of(buffer), outline)
    }

    /// Makes a line of the record in `buffer`.
    pub(crate) fn of(buffer: &'b mut Vec<u8>) -> OpenLine<'b> {
        let hash = RecordHash::of(buffer);
        buffer.pop();
        for part in [CHAIN_START, &[b'0'; CHAIN_TEXT_BYTES], CHAIN_END, LINE_END] {
            buffer.extend_from_slice(part);
        }
        OpenLine { bytes: buffer, hash }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// The finished line with this chain value.
    pub(crate) fn chained(self, chain: &Chain) -> &'b [u8] {
        put_chain(self.bytes, chain);
        self.bytes
    }
}

/// Puts the chain value into an open line.
pub(crate) fn put_chain(line: &mut [u8], chain: &Chain) {
    let end = line.len() - CHAIN_END.len() - LINE_END.len();
    line[end - CHAIN_TEXT_BYTES..end].copy_from_slice(&chain.text());
}

/// Makes a line the record that it was of, and answers how long that is; its line end included in `line`.
pub(crate) fn close_record(line: &mut [u8]) -> usize {
    let end = line.len() - LINE_END.len() - SUFFIX_BYTES;
    line[end] = b'}';
    end + 1
}

/// A line that was read: the record it holds and the chain value it claims.
pub(crate) struct ReadLine<'b> {
    /// The record without its closing brace.
    open_record: &'b str,
    pub(crate) chain: Chain,
}

impl<'b> ReadLine<'b> {
    /// Splits a line without its line end; none if it is not of the format.
    pub(crate) fn parse(line: &'b [u8]) -> Option<ReadLine<'b>> {
        let line = std::str::from_utf8(line).ok().filter(|line| line.starts_with('{'))?;
        let (open_record, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX_BYTES)?)?;
        let chain = suffix.as_bytes().strip_prefix(CHAIN_START)?.strip_suffix(CHAIN_END)?;
        Some(ReadLine { open_record, chain: Chain::parse(chain)? })
    }

    /// The hash of the record's bytes.
    pub(crate) fn hash(&self) -> RecordHash {
        RecordHash::of_open(self.open_record.as_bytes())
    }

    /// How long the record is, its closing brace included.
    pub(crate) fn record_bytes(&self) -> usize {
        self.open_record.len() + 1
    }

    /// The record as it was before the chain value joined it.
    pub(crate) fn record(&self) -> String {
        [self.open_record, "}"].concat()
    }
}

/// The chain value of the line that ends here in a file; none if no line does.
pub(crate) fn chain_before(file: &File, end: u64) -> io::Result<Option<Chain>> {
    let mut suffix = [0; SUFFIX_BYTES + LINE_END.len()];
    let Some(start) = end.checked_sub(suffix.len() as u64) else { return Ok(None) };
    match file.read_exact_at(&mut suffix, start) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let line = suffix.strip_suffix(LINE_END).and_then(|line| line.strip_suffix(CHAIN_END));
    Ok(line.and_then(|line| line.strip_prefix(CHAIN_START)).and_then(Chain::parse))
}
