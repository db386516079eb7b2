//! A few connections that read, each used by whoever asks first: a read takes microseconds, so it runs where it is asked.

use crate::error::told;
use crate::layout::{Files, reading};
use crate::row::entry;
use claviger_store::{Entry, Path, Span, StoreError};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::available_parallelism;

const READ: &str = "SELECT path, revision, checksum, value FROM entry WHERE path = ?1";
const SCAN: &str = "SELECT path, revision, checksum, value FROM entry WHERE path >= ?1 AND path < ?2 \
                    ORDER BY path LIMIT ?3";
const READERS_LIMIT: usize = 8;

/// The connections that read.
pub(crate) struct Readers {
    connections: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
}

impl Readers {
    /// As many as there are processors, within limits.
    pub(crate) fn open(files: &Files) -> rusqlite::Result<Readers> {
        let count = available_parallelism().map_or(1, usize::from).clamp(2, READERS_LIMIT);
        let connections: rusqlite::Result<Vec<_>> =
            (0..count).map(|_| reading(&files.database).map(Mutex::new)).collect();
        Ok(Readers { connections: connections?, turn: AtomicUsize::new(0) })
    }

    /// The entry at `path`.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Entry>, StoreError> {
        let connection = self.free();
        row(&connection, path).map_err(|error| told(&error))?.transpose()
    }

    /// The first entries of `span`, all of one moment: one statement sees one state.
    pub(crate) fn scan(&self, span: &Span, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let connection = self.free();
        rows(&connection, span, limit).map_err(|error| told(&error))?.into_iter().collect()
    }

    fn free(&self) -> MutexGuard<'_, Connection> {
        let free = self.connections.iter().find_map(|connection| match connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        free.unwrap_or_else(|| {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.connections.len();
            self.connections[turn].lock().unwrap_or_else(PoisonError::into_inner)
        })
    }
}

fn row(connection: &Connection, path: &Path) -> rusqlite::Result<Option<Result<Entry, StoreError>>> {
    let mut statement = connection.prepare_cached(READ)?;
    statement.query_row(params![path.as_str()], entry).optional()
}

fn rows(
    connection: &Connection,
    span: &Span,
    limit: usize,
) -> rusqlite::Result<Vec<Result<Entry, StoreError>>> {
    let mut statement = connection.prepare_cached(SCAN)?;
    statement.query_map(params![span.from(), span.until(), limit], entry)?.collect()
}
