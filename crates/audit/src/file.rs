//! The files of a trail: `trail-<start>-<sequence>.jsonl`. Their format is described in `docs/trail-format.md`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;

use crate::time::compact;

const NAME_START: &str = "trail-";
const NAME_END: &str = ".jsonl";

/// Digits of the sequence number in a name; it only grows longer.
const SEQUENCE_DIGITS: usize = 10;

/// Where one file of a trail stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrailFile {
    /// Its place among the files of the trail, from 1.
    pub(crate) sequence: u64,
    pub(crate) path: PathBuf,
}

impl TrailFile {
    pub(crate) fn named(directory: &Path, start: Timestamp, sequence: u64) -> TrailFile {
        let name = format!("{NAME_START}{}-{sequence:0SEQUENCE_DIGITS$}{NAME_END}", compact(start));
        TrailFile { sequence, path: directory.join(name) }
    }

    fn recognised(path: PathBuf) -> Option<TrailFile> {
        let name = path.file_name()?.to_str()?;
        let (_, sequence) = name.strip_prefix(NAME_START)?.strip_suffix(NAME_END)?.rsplit_once('-')?;
        Some(TrailFile { sequence: sequence.parse().ok()?, path })
    }
}

/// The trail's files in this directory, in their order. Other files are passed over.
pub(crate) fn list(directory: &Path) -> io::Result<Vec<TrailFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        files.extend(TrailFile::recognised(entry?.path()));
    }
    files.sort_by_key(|file| file.sequence);
    Ok(files)
}
