//! Makes an empty database: complete and flushed under another name before it gets its own.

use crate::error::OpenError;
use crate::layout::{APPLICATION_ID, Files, PAGE_BYTES, SCHEMA, SCHEMA_VERSION};
use crate::row::Meta;
use rusqlite::{Connection, OpenFlags, params};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes the directory, for its owner alone, if there is none; its parent must exist.
pub(crate) fn directory(files: &Files) -> Result<(), OpenError> {
    let io = |cause| OpenError::io("create", &files.directory, cause);
    match DirBuilder::new().mode(0o700).create(&files.directory) {
        Ok(()) => flush_directory(parent(&files.directory)).map_err(io),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && files.directory.is_dir() => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            Err(OpenError::NotADirectory { path: files.directory.clone() })
        }
        Err(cause) => Err(io(cause)),
    }
}

/// Makes the database; what a creation left behind that was cut off goes away.
pub(crate) fn database(files: &Files) -> Result<(), OpenError> {
    let io = |cause| OpenError::io("create", &files.database, cause);
    match fs::remove_file(&files.unborn) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(io(cause)),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&files.unborn).map_err(io)?;
    fill(&files.unborn).map_err(|error| engine(files, &error))?;
    File::open(&files.unborn).and_then(|file| file.sync_all()).map_err(io)?;
    fs::rename(&files.unborn, &files.database).map_err(io)?;
    flush_directory(&files.directory).map_err(io)
}

fn fill(file: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL; \
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; {};",
        SCHEMA.join("; ")
    ))?;
    let empty = Meta { revision: 0, entries: 0 };
    connection.execute(
        "INSERT INTO meta (id, revision, entries, checksum) VALUES (1, 0, 0, ?1)",
        params![empty.checksum()],
    )?;
    // Last, and with this connection alone: closing it takes the empty log away again.
    connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    connection.close().map_err(|(_, error)| error)
}

fn engine(files: &Files, error: &rusqlite::Error) -> OpenError {
    OpenError::Engine { directory: files.directory.clone(), cause: error.to_string() }
}

fn flush_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn parent(directory: &Path) -> &Path {
    match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}
