//! The one thread that writes: what waits is committed as one group, with one flush, and only then acknowledged.

use crate::checkpoint::{Checkpointer, Mode, checkpoint};
use crate::failure::{Failure, StopOnPanic};
use crate::group::{Applied, Finished, Group};
use crate::lock::Lock;
use crate::row::Meta;
use claviger_store::{Change, Herald, Outcome, StoreError, Transaction};
use futures_channel::oneshot;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

const GROUP_LIMIT_COMMITS: usize = 256;
const GROUP_LIMIT_BYTES: usize = 8 << 20;

// Frames of the log (a page each) behind which a checkpoint is asked for, and behind which the writer waits for it.
const CHECKPOINT_FRAMES: u32 = 1_000;
const LOG_LIMIT_FRAMES: u32 = 8_000;

// An idle store empties its log; a busy one does when something has waited for so long to be erased.
const IDLE: Duration = Duration::from_secs(1);
const ERASE_WITHIN: Duration = Duration::from_secs(10);

/// Where an answer goes; it is dropped unanswered when the store stops.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked for.
pub(crate) enum Order {
    Commit(Transaction, Reply<Outcome>),
    Scrub(Reply<()>),
}

/// What the writer works with.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) checkpointer: Checkpointer,
    pub(crate) meta: Meta,
    pub(crate) lock: Arc<Lock>,
    pub(crate) herald: Arc<Herald>,
    pub(crate) failure: Arc<Failure>,
    pub(crate) log: Log,
}

/// What the log holds.
#[derive(Default)]
pub(crate) struct Log {
    /// Kept by SQLite's hook.
    pub(crate) frames: Arc<AtomicU32>,
    asked_at_frames: u32,
    unerased_since: Option<Instant>,
}

type Waiting = (Transaction, Reply<Outcome>);

impl Writer {
    /// Serves until the senders are gone or the store has stopped; then leaves an empty log, if it can.
    pub(crate) fn serve(mut self, orders: &Receiver<Order>) {
        let failure = self.failure.clone();
        let _stop = StopOnPanic(&failure);
        while !failure.has_stopped() {
            match self.next(orders) {
                Ok(order) => self.obey(order, orders),
                Err(RecvTimeoutError::Timeout) => _ = self.empty_log(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.checkpointer.join();
        if !failure.has_stopped() {
            _ = checkpoint(&self.connection, Mode::Truncate).map_err(|error| failure.judge(&error));
        }
    }

    fn next(&self, orders: &Receiver<Order>) -> Result<Order, RecvTimeoutError> {
        match self.log.is_at_rest() {
            true => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => orders.recv_timeout(IDLE),
        }
    }

    fn obey(&mut self, first: Order, orders: &Receiver<Order>) {
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut order = Some(first);
        while let Some(Order::Commit(transaction, reply)) = order {
            bytes += weight(&transaction);
            group.push((transaction, reply));
            let full = group.len() == GROUP_LIMIT_COMMITS || bytes >= GROUP_LIMIT_BYTES;
            order = if full { None } else { orders.try_recv().ok() };
        }
        if !group.is_empty() {
            self.commit(group);
        }
        if let Some(Order::Scrub(reply)) = order {
            _ = reply.send(self.empty_log());
        }
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        match self.write(&group) {
            Ok((finished, applied)) => self.acknowledge(finished, group, applied),
            Err(error) => match self.failure.judge(&error) {
                // Unanswered, they are told that the store has stopped.
                StoreError::Stopped => drop(group),
                refusal => group.into_iter().for_each(|(_, reply)| _ = reply.send(Err(refusal.clone()))),
            },
        }
    }

    fn write(&self, group: &[Waiting]) -> rusqlite::Result<(Finished, Vec<Applied>)> {
        let mut writing = Group::begin(&self.connection, self.meta)?;
        let applied: rusqlite::Result<Vec<_>> =
            group.iter().map(|(transaction, _)| writing.apply(transaction)).collect();
        let applied = applied?;
        Ok((writing.finish()?, applied))
    }

    fn acknowledge(&mut self, finished: Finished, group: Vec<Waiting>, applied: Vec<Applied>) {
        self.meta = finished.meta;
        // What is remembered may lag behind the database, so an error here takes nothing away.
        _ = self.lock.remember(self.meta.revision);
        for ((_, reply), applied) in group.into_iter().zip(applied) {
            if let Applied::Committed(revision, changed) = &applied {
                self.herald.announce(*revision, changed);
            }
            // A caller that no longer waits has lost nothing but the answer.
            _ = reply.send(Ok(applied.outcome()));
        }
        if finished.replaced {
            self.log.unerased_since.get_or_insert_with(Instant::now);
        }
        self.tend_log();
    }

    fn tend_log(&mut self) {
        let frames = self.log.frames();
        let overdue = self.log.unerased_since.is_some_and(|since| since.elapsed() > ERASE_WITHIN);
        if overdue {
            _ = self.empty_log();
        } else if frames > LOG_LIMIT_FRAMES {
            _ = self.checkpoint(Mode::Restart);
        } else if self.log.is_worth_asking() {
            self.log.asked_at_frames = frames;
            self.checkpointer.ask();
        }
    }

    /// Leaves nothing in the log, and so nothing of what was deleted or replaced.
    fn empty_log(&mut self) -> Result<(), StoreError> {
        self.checkpoint(Mode::Truncate)?;
        self.log.unerased_since = None;
        Ok(())
    }

    fn checkpoint(&mut self, mode: Mode) -> Result<(), StoreError> {
        match checkpoint(&self.connection, mode) {
            Ok(true) => {
                self.log.frames.store(0, Ordering::Relaxed);
                self.log.asked_at_frames = 0;
                Ok(())
            }
            Ok(false) => Err(StoreError::Unavailable { cause: "a reader holds on to the log".to_owned() }),
            Err(error) => Err(self.failure.judge(&error)),
        }
    }
}

impl Log {
    fn frames(&self) -> u32 {
        self.frames.load(Ordering::Relaxed)
    }

    // A log that was begun anew still has its old frames behind the new ones.
    fn is_at_rest(&self) -> bool {
        self.frames() == 0 && self.unerased_since.is_none()
    }

    // Behind a checkpoint that moved all, SQLite begins the log anew by itself: then it is shorter than when last asked.
    fn is_worth_asking(&mut self) -> bool {
        let frames = self.frames();
        if frames < self.asked_at_frames {
            self.asked_at_frames = 0;
        }
        frames >= self.asked_at_frames + CHECKPOINT_FRAMES
    }
}

fn weight(transaction: &Transaction) -> usize {
    let bytes = |change: &Change| match change {
        Change::Put(path, value) => path.as_str().len() + value.len(),
        Change::Delete(path) => path.as_str().len(),
    };
    transaction.changes.iter().map(bytes).sum()
}
