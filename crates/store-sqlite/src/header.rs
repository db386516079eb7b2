//! The first 100 bytes of the database file: whose it is, and whether what never changes is as it was written.

use crate::error::OpenError;
use crate::layout::{APPLICATION_ID, Files, PAGE_BYTES, SCHEMA_VERSION};
use std::fs::File;
use std::io::{ErrorKind, Read};

const HEADER_BYTES: usize = 100;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const PAGE_SIZE: std::ops::Range<usize> = 16..18;
const USER_VERSION: std::ops::Range<usize> = 60..64;
const APPLICATION: std::ops::Range<usize> = 68..72;

/// What a database of this engine always has there, and SQLite would otherwise act on: the WAL format and the payload
/// fractions, the schema format, no vacuum, and text in UTF-8.
const CONSTANT: [(std::ops::Range<usize>, &[u8]); 5] = [
    (18..24, &[2, 2, 0, 64, 32, 32]),
    (44..48, &[0, 0, 0, 4]),
    (52..56, &[0; 4]),
    (56..60, &[0, 0, 0, 1]),
    (64..68, &[0; 4]),
];

/// Refuses a file that is no database of ours, or whose header is damaged, without SQLite's help.
pub(crate) fn check(files: &Files) -> Result<(), OpenError> {
    let header = read(files)?;
    let foreign = |finding| OpenError::Foreign { file: files.database.clone(), finding };
    if !header.starts_with(MAGIC) {
        return Err(foreign("it does not begin as an SQLite database does"));
    }
    if header[APPLICATION] != APPLICATION_ID.to_be_bytes() {
        return Err(foreign("it is a database of another application"));
    }
    let found = header[USER_VERSION].iter().fold(0, |found, byte| found << 8 | u32::from(*byte));
    if found > SCHEMA_VERSION {
        return Err(OpenError::Newer { file: files.database.clone(), found });
    }
    let page_size = (PAGE_BYTES as u16).to_be_bytes();
    let as_written =
        header[PAGE_SIZE] == page_size && CONSTANT.iter().all(|(at, bytes)| header[at.clone()] == **bytes);
    if !as_written || found != SCHEMA_VERSION {
        let finding = "the header of the database is not as it was written".to_owned();
        return Err(OpenError::Damaged { directory: files.directory.clone(), finding });
    }
    Ok(())
}

fn read(files: &Files) -> Result<[u8; HEADER_BYTES], OpenError> {
    let io = |cause| OpenError::io("read", &files.database, cause);
    let foreign = |finding| OpenError::Foreign { file: files.database.clone(), finding };
    let mut file = File::open(&files.database).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(foreign("it is not a file"));
    }
    let mut header = [0; HEADER_BYTES];
    match file.read_exact(&mut header) {
        Ok(()) => Ok(header),
        Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => {
            Err(foreign("it is shorter than any database"))
        }
        Err(cause) => Err(io(cause)),
    }
}
