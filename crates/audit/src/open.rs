//! Opening a trail where it ended: lock it, check the newest file, set a torn tail aside.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::Limits;
use crate::chain::Chain;
use crate::file::{TrailFile, list};
use crate::reader::{Breach, ChainBroken, Reached, check_file};
use crate::writer::{Current, FILE_MODE, NEW_END, Writer};

/// Nobody but the owner lists the trail.
const DIRECTORY_MODE: u32 = 0o700;

/// The file whose lock says that the trail is open.
const LOCK_NAME: &str = "trail.lock";

/// Ends the name of the file that torn tails are moved to.
const TORN_END: &str = "torn";

/// Why a trail could not be opened. Nothing was changed in it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the audit trail in {} is open in another process", .directory.display())]
    InUse {
        /// The trail's directory.
        directory: PathBuf,
    },
    /// Its newest file is damaged, or a file is missing.
    #[error(transparent)]
    Damaged(#[from] ChainBroken),
    /// The operating system refused.
    #[error("the audit trail at {} cannot be opened", .path.display())]
    Io {
        /// What was to be opened.
        path: PathBuf,
        /// Why it was refused.
        source: io::Error,
    },
}

/// A function that names the path in an error.
fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Io { path, source }
}

pub(crate) fn open(directory: &Path, limits: &Limits) -> Result<Writer, OpenError> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory).map_err(at(directory))?;
    let lock = lock(directory)?;
    let files = list(directory).map_err(at(directory))?;
    without_gap(&files)?;
    let mut writer = Writer {
        directory: directory.to_owned(),
        file_bytes_max: limits.file_bytes_max(),
        current: None,
        sequence: 0,
        records: 0,
        chain: Chain::genesis(),
        _lock: lock,
    };
    if let Some(newest) = files.last() {
        resume(&mut writer, newest)?;
    }
    clear_unfinished(directory).map_err(at(directory))?;
    Ok(writer)
}

/// Keeps other processes out as long as it lives.
#[derive(Debug)]
pub(crate) struct DirectoryLock(File);

impl Drop for DirectoryLock {
    /// Closing alone would not do: a child that was just forked still has the file open until it runs its program.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

fn lock(directory: &Path) -> Result<DirectoryLock, OpenError> {
    let path = directory.join(LOCK_NAME);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(FILE_MODE);
    let file = options.open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(DirectoryLock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { directory: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

fn without_gap(files: &[TrailFile]) -> Result<(), ChainBroken> {
    for pair in files.windows(2) {
        let expected = pair[0].sequence + 1;
        if pair[1].sequence != expected {
            let file = pair[1].path.clone();
            return Err(ChainBroken { file, line: 1, breach: Breach::FileMissing { sequence: expected } });
        }
    }
    Ok(())
}

fn resume(writer: &mut Writer, newest: &TrailFile) -> Result<(), OpenError> {
    let reached = check_file(newest, None)?;
    set_torn_tail_aside(&newest.path, &reached).map_err(at(&newest.path))?;
    writer.current = Some(Current::resume(&newest.path, reached.whole_bytes).map_err(at(&newest.path))?);
    writer.sequence = newest.sequence;
    writer.records = reached.records;
    writer.chain = reached.chain;
    Ok(())
}

/// Moves what follows the last whole line to a `.torn` file, behind what is there from before. Its record was never
/// acknowledged: an acknowledged one has its line end.
fn set_torn_tail_aside(path: &Path, reached: &Reached) -> io::Result<()> {
    if reached.unfinished_bytes == 0 {
        return Ok(());
    }
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(reached.whole_bytes))?;
    let torn_path = path.with_extension(TORN_END);
    let mut torn = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(torn_path)?;
    io::copy(&mut file.take(reached.unfinished_bytes), &mut torn)?;
    torn.write_all(b"\n")?;
    torn.sync_all()?;
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(reached.whole_bytes)?;
    file.sync_all()
}

/// Removes files whose heading was not finished: none holds a record.
fn clear_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == NEW_END) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
