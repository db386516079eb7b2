//! Looks at all of a database before anything is written to it.

use crate::error::{Meaning, OpenError, meaning};
use crate::header;
use crate::layout::{Files, SCHEMA, looking};
use crate::row::{Meta, check};
use crate::wal::{self, Wal, WalError};
use claviger_store::StoreError;
use rusqlite::Connection;
use std::thread;

// The pages of a database of middling size, each read once by either pass.
const CACHE_KIBIBYTES: u32 = 16 * 1024;

/// Why a look at the database ended early.
enum Refusal {
    Sqlite(rusqlite::Error),
    Found(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        Refusal::Sqlite(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        match error {
            StoreError::Damaged { finding } => Refusal::Found(finding),
            other => Refusal::Found(other.to_string()),
        }
    }
}

/// Reads everything and refuses what is not as it was written. `remembered` is the last revision known to have been
/// acknowledged. Gives the state that the database is in.
pub(crate) fn database(files: &Files, remembered: Option<u64>) -> Result<Meta, OpenError> {
    header::check(files)?;
    let immutable = match wal::check(&files.wal) {
        Ok(log) => log == Wal::Empty,
        Err(WalError::Damaged(finding)) => return Err(damaged(files, finding.to_owned())),
        Err(WalError::Io(cause)) => return Err(OpenError::io("read", &files.wal, cause)),
    };
    let look = || -> Result<Connection, Refusal> { Ok(looking(&files.database, immutable)?) };
    let found = thread::scope(|scope| {
        let structure = scope.spawn(|| structure(&look()?));
        let contents = contents(&look()?);
        // A panic in there is one here.
        let structure = structure.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        structure.and(contents)
    });
    let meta = found.map_err(|refusal| refused(files, refusal))?;
    match remembered {
        Some(revision) if revision > meta.revision => Err(damaged(files, lost(meta.revision, revision))),
        Some(_) | None => Ok(meta),
    }
}

/// The refusal of a database that is gone while its log or its history is there.
pub(crate) fn absence(files: &Files, remembered: Option<u64>) -> Result<(), OpenError> {
    match remembered {
        Some(revision @ 1..) => Err(damaged(files, lost(0, revision))),
        Some(0) | None if files.wal.exists() => {
            Err(damaged(files, "there is a log (claviger.db-wal) but no database (claviger.db)".to_owned()))
        }
        Some(0) | None => Ok(()),
    }
}

fn structure(connection: &Connection) -> Result<(), Refusal> {
    let mut statement =
        connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?;
    let found = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    if found != SCHEMA {
        return Err(Refusal::Found("the schema is not as it was written".to_owned()));
    }
    connection.pragma_update(None, "cache_size", -i64::from(CACHE_KIBIBYTES))?;
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(Refusal::Found(verdict.trim_start_matches("*** in database main ***\n").to_owned())),
    }
}

fn contents(connection: &Connection) -> Result<Meta, Refusal> {
    let meta = meta(connection)??;
    let mut statement =
        connection.prepare("SELECT path, revision, checksum, value FROM entry NOT INDEXED ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut entries = 0;
    while let Some(row) = rows.next()? {
        let revision = check(row)??;
        if revision > meta.revision {
            return Err(Refusal::Found(format!(
                "an entry of revision {revision}, the last is {}",
                meta.revision
            )));
        }
        entries += 1;
    }
    if entries != meta.entries {
        return Err(Refusal::Found(format!("{entries} entries where there were {}", meta.entries)));
    }
    Ok(meta)
}

/// The meta row.
pub(crate) fn meta(connection: &Connection) -> rusqlite::Result<Result<Meta, StoreError>> {
    connection.query_row("SELECT revision, entries, checksum FROM meta WHERE id = 1", [], Meta::of)
}

fn lost(found: u64, acknowledged: u64) -> String {
    format!(
        "commits up to revision {acknowledged} were acknowledged (store.lock), the database ends at revision {found} \
         (if this is a backup, restore it into an empty directory, without store.lock)"
    )
}

fn refused(files: &Files, refusal: Refusal) -> OpenError {
    let error = match refusal {
        Refusal::Found(finding) => return damaged(files, finding),
        Refusal::Sqlite(error) => error,
    };
    match meaning(&error) {
        Meaning::Damage(finding) => damaged(files, finding),
        Meaning::Fault(cause) => OpenError::Engine { directory: files.directory.clone(), cause },
        Meaning::Refused(refusal) => {
            OpenError::Engine { directory: files.directory.clone(), cause: refusal.to_string() }
        }
    }
}

fn damaged(files: &Files, finding: String) -> OpenError {
    OpenError::Damaged { directory: files.directory.clone(), finding }
}
