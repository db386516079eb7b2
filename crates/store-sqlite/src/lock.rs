//! The lock file: keeps a second opener out, and remembers the last acknowledged revision beside the database.
//!
//! A log that lost its end looks like a log that never had it. What is remembered here is written behind each flush and
//! not flushed itself: it may lag, but the database must never be older than it says.

use crate::error::OpenError;
use crate::layout::Files;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};

const DIGITS: usize = 20;

/// The exclusive hold on a store's directory, until dropped.
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock or refuses at once.
    pub(crate) fn take(files: &Files) -> Result<Lock, OpenError> {
        let io = |cause| OpenError::io("open", &files.lock, cause);
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&files.lock)
            .map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                Err(OpenError::AlreadyOpen { directory: files.directory.clone() })
            }
            Err(cause) => Err(OpenError::io("lock", &files.lock, cause.into())),
        }
    }

    /// The last revision that is known to have been acknowledged; `None` beside a database that has no history here.
    pub(crate) fn remembered(&self, files: &Files) -> Result<Option<u64>, OpenError> {
        let mut text = String::new();
        let limit = 4 * DIGITS as u64;
        match (&self.0).take(limit).read_to_string(&mut text) {
            // Zeros are what a power cut makes of the first writing.
            Ok(_) if text.bytes().all(|byte| byte == 0) => Ok(None),
            Ok(_) => parse(&text).map(Some).ok_or_else(|| unreadable(files)),
            Err(cause) if cause.kind() == io::ErrorKind::InvalidData => Err(unreadable(files)),
            Err(cause) => Err(OpenError::io("read", &files.lock, cause)),
        }
    }

    /// Remembers that `revision` was acknowledged.
    pub(crate) fn remember(&self, revision: u64) -> io::Result<()> {
        self.0.write_all_at(format!("{revision:0DIGITS$}\n").as_bytes(), 0)
    }

    /// Makes what is remembered durable.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

impl Drop for Lock {
    /// Closing alone would not do: a child that was just forked holds the file open too, until it runs its program.
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('\n').filter(|digits| digits.len() == DIGITS)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn unreadable(files: &Files) -> OpenError {
    let finding = "store.lock does not hold a revision".to_owned();
    OpenError::Damaged { directory: files.directory.clone(), finding }
}
