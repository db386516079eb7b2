//! The embedded storage engine: SQLite, flushed before each acknowledgement, verified before each start.

mod checkpoint;
mod create;
mod error;
mod failure;
mod group;
mod header;
mod layout;
mod lock;
mod readers;
mod row;
mod verify;
mod wal;
mod writer;

pub use error::OpenError;
pub use failure::OnFailure;

use crate::checkpoint::{Checkpointer, Mode, checkpoint};
use crate::error::{Meaning, meaning, told};
use crate::failure::Failure;
use crate::layout::{Files, writing};
use crate::lock::Lock;
use crate::readers::Readers;
use crate::row::Meta;
use crate::writer::{Log, Order, Writer};
use claviger_store::{
    Answer, Entry, Herald, Outcome, Path, Span, Store, StoreError, Transaction, Watch, check_scan_limit,
};
use futures_channel::oneshot;
use futures_util::FutureExt;
use rusqlite::Connection;
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

/// The most writes that wait for the writer; beyond, one is refused rather than kept.
pub const WAITING_LIMIT_WRITES: usize = 4_096;

// The index of the log, for a log of 1 GiB: reserved, so that a full disk is met where it is only a refusal.
const SHM_BYTES: u64 = 1 << 20;

/// A store in a directory of its own, open until dropped; dropping it flushes, empties the log and joins the threads.
pub struct SqliteStore {
    orders: Option<SyncSender<Order>>,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    herald: Arc<Herald>,
    failure: Arc<Failure>,
    // Open for as long as the connections: closing it would drop SQLite's locks on the file.
    _shm: File,
    _lock: Arc<Lock>,
}

impl SqliteStore {
    /// Opens the store in `directory`, or makes an empty one where there is none (the parent must exist). All of it is
    /// read and checked before anything is written. `on_failure` is called, once, when a flush failed and the process
    /// must not go on.
    pub fn open(directory: &std::path::Path, on_failure: OnFailure) -> Result<SqliteStore, OpenError> {
        let files = Files::of(directory);
        create::directory(&files)?;
        let lock = Arc::new(Lock::take(&files)?);
        let remembered = lock.remembered(&files)?;
        if fs::symlink_metadata(&files.database).is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound) {
            verify::absence(&files, remembered)?;
            create::database(&files)?;
        }
        let meta = verify::database(&files, remembered)?;
        flush_log(&files)?;
        start(&files, lock, meta, Arc::new(Failure::new(on_failure)))
    }

    /// Empties the log, so that nothing which was deleted or replaced before the call is left in the files. An idle
    /// store does so by itself after a second, a busy one within ten.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Scrub(reply))?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }

    fn order(&self, order: Order) -> Result<(), StoreError> {
        let Some(orders) = self.orders.as_ref().filter(|_| !self.failure.has_stopped()) else {
            return Err(StoreError::Stopped);
        };
        orders.try_send(order).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                StoreError::Unavailable { cause: format!("{WAITING_LIMIT_WRITES} writes wait already") }
            }
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })
    }
}

fn start(
    files: &Files,
    lock: Arc<Lock>,
    meta: Meta,
    failure: Arc<Failure>,
) -> Result<SqliteStore, OpenError> {
    let engine = |cause: String| OpenError::Engine { directory: files.directory.clone(), cause };
    let sqlite = |error: rusqlite::Error| engine(told(&error).to_string());
    let log = Log::default();
    let connection = settled(files, &log).map_err(sqlite)?;
    let shm = reserved(files).map_err(|cause| OpenError::io("reserve", &files.shm, cause))?;
    // What was found is flushed by now, and as good as acknowledged.
    let remember = lock.remember(meta.revision).and_then(|()| lock.flush());
    remember.map_err(|cause| OpenError::io("write", &files.lock, cause))?;
    let readers = Readers::open(files).map_err(sqlite)?;
    let herald = Arc::new(Herald::new());
    let checkpointer =
        Checkpointer::start(files, failure.clone()).map_err(|error| engine(error.to_string()))?;
    let writer = Writer {
        connection,
        checkpointer,
        meta,
        lock: lock.clone(),
        herald: herald.clone(),
        failure: failure.clone(),
        log,
    };
    let (orders, ordered) = sync_channel(WAITING_LIMIT_WRITES);
    let thread = Builder::new().name("store-writer".to_owned()).spawn(move || writer.serve(&ordered));
    let writer = Some(thread.map_err(|cause| engine(cause.to_string()))?);
    Ok(SqliteStore { orders: Some(orders), writer, readers, herald, failure, _shm: shm, _lock: lock })
}

/// The writer's connection, once all that was found in the log is flushed and, if there is space, in the database.
fn settled(files: &Files, log: &Log) -> rusqlite::Result<Connection> {
    let mut connection = writing(&files.database)?;
    let frames = log.frames.clone();
    if let Err(error) = checkpoint(&connection, Mode::Truncate) {
        match meaning(&error) {
            // The log stays for now; the idle writer tries again.
            Meaning::Refused(_) => frames.store(1, Ordering::Relaxed),
            Meaning::Damage(_) | Meaning::Fault(_) => return Err(error),
        }
    }
    connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, length: i32| {
        frames.store(length.unsigned_abs(), Ordering::Relaxed);
        Ok(())
    }))?;
    Ok(connection)
}

// What a killed process left in the log need not be on the disk yet.
fn flush_log(files: &Files) -> Result<(), OpenError> {
    match File::open(&files.wal).and_then(|log| log.sync_all()) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(OpenError::io("flush", &files.wal, cause))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn reserved(files: &Files) -> io::Result<File> {
    let shm = File::options().read(true).write(true).open(&files.shm)?;
    match fallocate(&shm, FallocateFlags::empty(), 0, SHM_BYTES) {
        // Where nothing can be reserved, a full disk may stop the store.
        Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSPC) => Ok(shm),
        Err(cause) => Err(cause.into()),
    }
}

impl Store for SqliteStore {
    fn read<'a>(&'a self, path: &'a Path) -> Answer<'a, Option<Entry>> {
        async move { self.readers.read(path) }.boxed()
    }

    fn scan(&self, span: Span, limit: usize) -> Answer<'_, Vec<Entry>> {
        async move {
            check_scan_limit(limit)?;
            self.readers.scan(&span, limit)
        }
        .boxed()
    }

    fn commit(&self, transaction: Transaction) -> Answer<'_, Outcome> {
        async move {
            transaction.check()?;
            let (reply, answer) = oneshot::channel();
            self.order(Order::Commit(transaction, reply))?;
            answer.await.unwrap_or(Err(StoreError::Stopped))
        }
        .boxed()
    }

    fn watch(&self, span: Span) -> Watch {
        self.herald.watch(span)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(writer) = self.writer.take() {
            // A panic there has stopped the store already.
            _ = writer.join();
        }
        self.herald.close();
    }
}
