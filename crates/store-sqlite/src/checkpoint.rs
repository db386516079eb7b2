//! Moving what the log holds into the database file: beside the writer while it is small, in its stead when it grew.

use crate::failure::{Failure, StopOnPanic};
use crate::layout::{Files, writing};
use claviger_store::StoreError;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// How much a checkpoint insists.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    /// Moves what it can without holding anyone up.
    Passive,
    /// Moves all, and the next commit begins the log anew.
    Restart,
    /// Moves all and leaves an empty log: what was deleted or replaced is then in neither file.
    Truncate,
}

/// Runs a checkpoint; `false` when a reader stood in the way for longer than the busy timeout.
pub(crate) fn checkpoint(connection: &Connection, mode: Mode) -> rusqlite::Result<bool> {
    let statement = match mode {
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Restart => "PRAGMA wal_checkpoint(RESTART)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    connection.query_row(statement, [], |row| row.get(0)).map(|busy: i64| busy == 0)
}

/// A thread that checkpoints beside the writer when it is asked to.
pub(crate) struct Checkpointer {
    asking: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(crate) fn start(files: &Files, failure: Arc<Failure>) -> Result<Checkpointer, StoreError> {
        let unavailable = |cause: String| StoreError::Unavailable { cause };
        let connection = writing(&files.database).map_err(|error| unavailable(error.to_string()))?;
        let (asking, asked) = sync_channel(1);
        let thread = Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || serve(&connection, &asked, &failure))
            .map_err(|error| unavailable(error.to_string()))?;
        Ok(Checkpointer { asking, thread })
    }

    /// Asks for a checkpoint soon; one that is asked for already is enough.
    pub(crate) fn ask(&self) {
        _ = self.asking.try_send(());
    }

    /// Waits for its end.
    pub(crate) fn join(self) {
        drop(self.asking);
        // A panic there has stopped the store already.
        _ = self.thread.join();
    }
}

fn serve(connection: &Connection, asked: &Receiver<()>, failure: &Failure) {
    let _stop = StopOnPanic(failure);
    while asked.recv().is_ok() && !failure.has_stopped() {
        if let Err(error) = checkpoint(connection, Mode::Passive) {
            // A full disk leaves all in the log: nothing is lost, and the next checkpoint tries again.
            _ = failure.judge(&error);
        }
    }
}
