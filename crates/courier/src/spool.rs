//! Letters on disk, one file each, from when they are accepted until they are delivered or given up.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::letter::Letter;

const ENDING: &str = "json";

/// Of a file that is not whole yet.
const UNFINISHED_ENDING: &str = "part";

/// Of a file that is no letter.
const STRANGE_ENDING: &str = "bad";

/// Of a file that the operating system does not let be read.
const UNREADABLE_ENDING: &str = "unreadable";

/// A directory of letters. The rename that puts one there survives the death of the process.
pub(crate) struct Spool(PathBuf);

impl Spool {
    /// Opens the directory, or makes it; tells the letters in it, the oldest first, with their numbers.
    pub(crate) fn open(directory: &Path) -> io::Result<(Spool, Vec<(u64, Letter)>)> {
        make_private(directory)?;
        let spool = Spool(directory.to_owned());
        let mut letters = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => letters.extend(read(&path)),
                Some(UNFINISHED_ENDING) => remove_unfinished(&path),
                Some(_) | None => {}
            }
        }
        letters.sort_by_key(|(number, _)| *number);
        Ok((spool, letters))
    }

    /// Keeps a letter under its number.
    pub(crate) fn keep(&self, number: u64, letter: &Letter) -> io::Result<()> {
        let path = self.path(number);
        let unfinished = path.with_extension(UNFINISHED_ENDING);
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(serde_json::to_string(letter)?.as_bytes())?;
        fs::rename(unfinished, path)
    }

    /// Forgets the letter of this number.
    pub(crate) fn forget(&self, number: u64) -> io::Result<()> {
        fs::remove_file(self.path(number))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number:020}.{ENDING}"))
    }
}

/// A directory for nobody but the server's user.
pub(crate) fn make_private(directory: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// The letter in this file. What is none, or cannot be read, is put aside, and told: it keeps no other from its way.
fn read(path: &Path) -> Option<(u64, Letter)> {
    let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "a file in the spool cannot be read");
            put_aside(path, UNREADABLE_ENDING);
            return None;
        }
    };
    let letter = number.zip(serde_json::from_slice(&text).ok());
    if letter.is_none() {
        tracing::error!(path = %path.display(), "a file in the spool is no message");
        put_aside(path, STRANGE_ENDING);
    }
    letter
}

fn put_aside(path: &Path, ending: &str) {
    if let Err(error) = fs::rename(path, path.with_extension(ending)) {
        tracing::error!(%error, path = %path.display(), "a file in the spool cannot be put aside");
    }
}

fn remove_unfinished(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::error!(%error, path = %path.display(), "an unfinished file stays in the spool");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_clock::Timestamp;
    use claviger_monitor::Message;

    fn letter(id: &str) -> Letter {
        let account = "111122223333".parse().unwrap();
        let message = Message { account, id: id.into(), subject: "s".into(), body: "{}".into() };
        Letter::new("arn", message, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn letters_are_there_again_in_order_until_they_are_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let (spool, found) = Spool::open(directory.path()).unwrap();
        assert_eq!(found, []);
        for number in [10, 2, 30] {
            spool.keep(number, &letter(&number.to_string())).unwrap();
        }
        spool.forget(30).unwrap();
        let (_, found) = Spool::open(directory.path()).unwrap();
        assert_eq!(found, [(2, letter("2")), (10, letter("10"))]);
    }

    #[test]
    fn what_was_not_written_to_its_end_is_no_letter_and_what_is_none_is_put_aside() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("1.part"), "{").unwrap();
        fs::write(directory.path().join("2.json"), "{").unwrap();
        let (_, found) = Spool::open(directory.path()).unwrap();
        assert_eq!(found, []);
        let names: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["2.bad"]);
    }

    /// A directory stands for a file that cannot be read.
    #[test]
    fn what_cannot_be_read_is_put_aside_and_keeps_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(directory.path()).unwrap();
        spool.keep(2, &letter("2")).unwrap();
        fs::create_dir(directory.path().join("1.json")).unwrap();
        fs::create_dir(directory.path().join("3.part")).unwrap();
        let (_, found) = Spool::open(directory.path()).unwrap();
        assert_eq!(found, [(2, letter("2"))]);
        assert!(directory.path().join("1.unreadable").exists());
        assert!(!directory.path().join("1.json").exists());
    }
}
