//! Why a directory is not opened as a store, and what SQLite's errors mean to us.

use crate::layout::SCHEMA_VERSION;
use claviger_store::StoreError;
use rusqlite::ErrorCode;
use std::io;
use std::path::PathBuf;

/// Why a store was not opened. Nothing was written to the database or its log.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another store, in this process or another, has the directory open.
    #[error("the store in {} is already open in another process", directory.display())]
    AlreadyOpen {
        /// The directory.
        directory: PathBuf,
    },
    /// There is something, but it is not a directory.
    #[error("{} is not a directory; the store needs one of its own", path.display())]
    NotADirectory {
        /// What was given.
        path: PathBuf,
    },
    /// A file of the database's name that this engine did not make.
    #[error("{} is not a Claviger database: {finding}; it was left as it is", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What it is instead.
        finding: &'static str,
    },
    /// A database of a later schema.
    #[error(
        "{} was written by a newer version of Claviger (schema {found}, this version knows {SCHEMA_VERSION}); \
         use that version or a later one", file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its schema version.
        found: u32,
    },
    /// The database is not as it was written.
    #[error("the store in {} is damaged: {finding}; it was left as it is: restore a backup", directory.display())]
    Damaged {
        /// The directory.
        directory: PathBuf,
        /// What was found.
        finding: String,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// SQLite refused something for a reason that is no damage.
    #[error("cannot open the store in {}: {cause}", directory.display())]
    Engine {
        /// The directory.
        directory: PathBuf,
        /// What SQLite said.
        cause: String,
    },
}

impl OpenError {
    pub(crate) fn io(action: &'static str, path: &std::path::Path, cause: io::Error) -> OpenError {
        OpenError::Io { action, path: path.to_owned(), cause }
    }
}

/// What an error of SQLite says about the store.
pub(crate) enum Meaning {
    /// What was tried did not happen and may be tried again.
    Refused(StoreError),
    /// The file is not as it was written.
    Damage(String),
    /// Input or output failed: what is on the disk is no longer known.
    Fault(String),
}

/// Sorts an error of SQLite.
pub(crate) fn meaning(error: &rusqlite::Error) -> Meaning {
    let cause = error.to_string();
    let Some(code) = error.sqlite_error_code() else { return Meaning::Damage(cause) };
    match code {
        ErrorCode::DiskFull => Meaning::Refused(StoreError::Full),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Meaning::Refused(StoreError::Unavailable { cause })
        }
        // A query of ours that a sound file answers: the file is at fault.
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown => Meaning::Damage(cause),
        ErrorCode::SystemIoFailure if is_short_read(error) => Meaning::Damage(cause),
        _ => Meaning::Fault(cause),
    }
}

fn is_short_read(error: &rusqlite::Error) -> bool {
    error.sqlite_error().map(|inner| inner.extended_code) == Some(rusqlite::ffi::SQLITE_IOERR_SHORT_READ)
}

/// The same, as the answer to a caller.
pub(crate) fn told(error: &rusqlite::Error) -> StoreError {
    match meaning(error) {
        Meaning::Refused(refusal) => refusal,
        Meaning::Damage(finding) => StoreError::Damaged { finding },
        Meaning::Fault(cause) => StoreError::Unavailable { cause },
    }
}
