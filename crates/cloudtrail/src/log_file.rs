//! A log file: records on their way into `{"Records":[…]}`, and the file as it is delivered.

use std::io::{self, Read as _, Write as _};

use aws_lc_rs::digest::{SHA256, digest};
use claviger_clock::Timestamp;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

const OPENING: &str = r#"{"Records":["#;
const CLOSING: &str = "]}";

/// Most bytes that a delivered object is taken to have, decompressed.
const UNCOMPRESSED_BYTES_MAX: u64 = 1 << 30;

/// The records of one log file, and when they happened.
#[derive(Debug)]
pub(crate) struct OpenLogFile {
    text: String,
    times: Times,
}

/// When the first and the last of some records happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Times {
    pub oldest: Timestamp,
    pub newest: Timestamp,
}

/// A log file as it is delivered.
#[derive(Debug)]
pub(crate) struct ClosedLogFile {
    /// The file, compressed.
    pub gzip: Vec<u8>,
    /// Hexadecimal SHA-256 of the file before it was compressed.
    pub hash: String,
    pub times: Times,
}

impl Times {
    pub(crate) fn with(self, other: Times) -> Times {
        Times { oldest: self.oldest.min(other.oldest), newest: self.newest.max(other.newest) }
    }
}

impl OpenLogFile {
    /// A file of this record.
    pub(crate) fn new(record: &str, time: Timestamp) -> OpenLogFile {
        let text = [OPENING, record].concat();
        OpenLogFile { text, times: Times { oldest: time, newest: time } }
    }

    pub(crate) fn add(&mut self, record: &str, time: Timestamp) {
        self.text.push(',');
        self.text.push_str(record);
        self.times = self.times.with(Times { oldest: time, newest: time });
    }

    /// The file with these records. They stay, in case that it cannot be kept.
    pub(crate) fn close(&self) -> io::Result<ClosedLogFile> {
        let text = [self.text.as_str(), CLOSING].concat();
        Ok(ClosedLogFile { gzip: gzip(&text)?, hash: hash(text.as_bytes()), times: self.times })
    }
}

/// The same, compressed.
pub(crate) fn gzip(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// Whether an object, decompressed, has this hash.
pub(crate) fn holds(object: &[u8], hash_expected: &str) -> bool {
    let mut text = Vec::new();
    let read = GzDecoder::new(object).take(UNCOMPRESSED_BYTES_MAX).read_to_end(&mut text);
    read.is_ok() && hash(&text) == hash_expected
}

/// Hexadecimal SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hexadecimal(digest(&SHA256, bytes).as_ref())
}

/// Two lower-case digits a byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_file_is_one_json_object_of_all_records_and_its_hash_is_of_the_text() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut open = OpenLogFile::new(r#"{"a":1}"#, at(20));
        open.add(r#"{"b":2}"#, at(10));
        open.add(r#"{"c":3}"#, at(30));
        let closed = open.close().unwrap();
        let mut text = String::new();
        GzDecoder::new(closed.gzip.as_slice()).read_to_string(&mut text).unwrap();
        assert_eq!(text, r#"{"Records":[{"a":1},{"b":2},{"c":3}]}"#);
        assert_eq!(closed.hash, hash(text.as_bytes()));
        assert_eq!(closed.times, Times { oldest: at(10), newest: at(30) });
    }

    #[test]
    fn an_object_is_known_by_the_hash_of_its_text_whatever_compressed_it() {
        let mut other = GzEncoder::new(Vec::new(), Compression::best());
        other.write_all(b"text").unwrap();
        let hash = hash(b"text");
        assert_eq!(hash, "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1");
        assert!(holds(&other.finish().unwrap(), &hash) && holds(&gzip("text").unwrap(), &hash));
        assert!(!holds(&gzip("texT").unwrap(), &hash) && !holds(b"text", &hash));
    }
}
