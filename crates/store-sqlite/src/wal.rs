//! Reads SQLite's write-ahead log frame by frame: tells a torn tail, which is legal, from commits that were lost.

use crate::layout::PAGE_BYTES;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC_LITTLE_ENDIAN: u32 = 0x377f_0682;
const MAGIC_BIG_ENDIAN: u32 = 0x377f_0683;
const FORMAT: u32 = 3_007_000;
const READ_AHEAD_BYTES: usize = 1 << 18;

/// What a log holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wal {
    /// No commits: there is no log, or nothing in it.
    Empty,
    /// Commits, perhaps with a torn transaction behind them.
    Commits,
}

/// Why a log is not taken.
#[derive(Debug)]
pub(crate) enum WalError {
    Io(io::Error),
    Damaged(&'static str),
}

impl From<io::Error> for WalError {
    fn from(cause: io::Error) -> WalError {
        WalError::Io(cause)
    }
}

/// The running checksum of the format: two sums over pairs of words.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sums(u32, u32);

struct Header {
    word: fn([u8; 4]) -> u32,
    salts: [u8; 8],
    sums: Sums,
}

/// Reads the log in `file`.
pub(crate) fn check(file: &Path) -> Result<Wal, WalError> {
    let opened = match File::open(file) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Wal::Empty),
        opened => opened?,
    };
    let length = opened.metadata()?.len();
    if length <= HEADER_BYTES as u64 {
        // The header is flushed before the first frame, so a torn one has nothing behind it.
        return Ok(Wal::Empty);
    }
    let mut log = BufReader::with_capacity(READ_AHEAD_BYTES, opened);
    let header = Header::read(&mut log)?;
    walk(&header, &mut log)
}

impl Header {
    fn read(log: &mut impl Read) -> Result<Header, WalError> {
        let mut bytes = [0; HEADER_BYTES];
        log.read_exact(&mut bytes)?;
        let word: fn([u8; 4]) -> u32 = match big_endian(&bytes, 0) {
            MAGIC_LITTLE_ENDIAN => u32::from_le_bytes,
            MAGIC_BIG_ENDIAN => u32::from_be_bytes,
            _ => return Err(WalError::Damaged("the log does not begin as SQLite's logs do")),
        };
        let sums = Sums(0, 0).over(&bytes[..24], word);
        if sums != Sums(big_endian(&bytes, 24), big_endian(&bytes, 28)) {
            return Err(WalError::Damaged("the header of the log does not match its checksum"));
        }
        if big_endian(&bytes, 4) != FORMAT || big_endian(&bytes, 8) as usize != PAGE_BYTES {
            return Err(WalError::Damaged("the log is of another format than this engine writes"));
        }
        let mut salts = [0; 8];
        salts.copy_from_slice(&bytes[16..24]);
        Ok(Header { word, salts, sums })
    }
}

// A transaction is written only when the one before it is flushed. So a power cut leaves at most one torn transaction
// at the end, and behind the first bad frame the end of at most one; frames with other salts are of an earlier round.
fn walk(header: &Header, log: &mut impl Read) -> Result<Wal, WalError> {
    let mut frame = vec![0; FRAME_HEADER_BYTES + PAGE_BYTES];
    let mut sums = header.sums;
    let mut commits_from_break: Option<usize> = None;
    while read_whole(log, &mut frame)? {
        let ours = frame[8..16] == header.salts;
        let expected = sums.over(&frame[..8], header.word).over(&frame[FRAME_HEADER_BYTES..], header.word);
        let sound = expected == Sums(big_endian(&frame, 16), big_endian(&frame, 20));
        if commits_from_break.is_none() && ours && sound && big_endian(&frame, 0) != 0 {
            sums = expected;
            continue;
        }
        let ends_a_commit = ours && big_endian(&frame, 4) != 0;
        *commits_from_break.get_or_insert_default() += usize::from(ends_a_commit);
    }
    match commits_from_break {
        Some(2..) => Err(WalError::Damaged("commits follow a bad frame of the log")),
        Some(_) | None => Ok(Wal::Commits),
    }
}

/// Whether `frame` was filled; a rest that is shorter is the torn end of the file.
fn read_whole(log: &mut impl Read, frame: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(frame) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(cause) => Err(cause),
    }
}

impl Sums {
    fn over(self, bytes: &[u8], word: fn([u8; 4]) -> u32) -> Sums {
        bytes.chunks_exact(8).fold(self, |Sums(first, second), pair| {
            let first = first.wrapping_add(word([pair[0], pair[1], pair[2], pair[3]])).wrapping_add(second);
            let second = second.wrapping_add(word([pair[4], pair[5], pair[6], pair[7]])).wrapping_add(first);
            Sums(first, second)
        })
    }
}

fn big_endian(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
