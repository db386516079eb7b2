//! What the engine keeps on the disk: file names, schema, and how connections to it are opened.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The schema that this version writes, in the header's `user_version`.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// "CLVG", in the header's `application_id`.
pub(crate) const APPLICATION_ID: u32 = 0x434c_5647;

/// Bytes of a database page.
pub(crate) const PAGE_BYTES: usize = 8192;

/// The schema, statement by statement as SQLite keeps it in its catalogue.
pub(crate) const SCHEMA: [&str; 3] = [
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, path TEXT NOT NULL, revision INTEGER NOT NULL, \
     checksum BLOB NOT NULL, value BLOB NOT NULL) STRICT",
    "CREATE UNIQUE INDEX entry_path ON entry (path)",
    "CREATE TABLE meta (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, entries INTEGER NOT NULL, \
     checksum BLOB NOT NULL) STRICT",
];

// An operator's tool may hold a lock for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The files of a store.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) directory: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) wal: PathBuf,
    pub(crate) shm: PathBuf,
    pub(crate) lock: PathBuf,
    /// A database that is being created.
    pub(crate) unborn: PathBuf,
}

impl Files {
    pub(crate) fn of(directory: &Path) -> Files {
        Files {
            directory: directory.to_owned(),
            database: directory.join("claviger.db"),
            wal: directory.join("claviger.db-wal"),
            shm: directory.join("claviger.db-shm"),
            lock: directory.join("store.lock"),
            unborn: directory.join("claviger.db.new"),
        }
    }
}

/// The connection that writes; also what the checkpoints use.
pub(crate) fn writing(file: &Path) -> rusqlite::Result<Connection> {
    let connection = opened(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | flags())?)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

/// A connection that reads.
pub(crate) fn reading(file: &Path) -> rusqlite::Result<Connection> {
    opened(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | flags())?)
}

/// A connection for looking before anything is known: with `immutable`, which takes the log to be empty, not even the
/// files beside the database come to be.
pub(crate) fn looking(file: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?{}", escaped(file), if immutable { "immutable=1" } else { "mode=ro" });
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | flags();
    let connection = opened(Connection::open_with_flags(uri, flags)?)?;
    connection.execute_batch("PRAGMA cell_size_check = ON;")?;
    Ok(connection)
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

fn opened(connection: Connection) -> rusqlite::Result<Connection> {
    // The log is checkpointed when we say so, never because a connection goes away.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn escaped(file: &Path) -> String {
    file.as_os_str().as_bytes().iter().fold(String::new(), |mut uri, byte| {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte))
            }
            // Writing to a String does not fail.
            _ => _ = write!(uri, "%{byte:02x}"),
        }
        uri
    })
}
