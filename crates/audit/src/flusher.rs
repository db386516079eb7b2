//! Flushing to disk in groups: one thread flushes, everyone who wrote before that flush is woken by it.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::JoinHandle;

use crate::TrailError;

/// A record's way to the disk once it is written.
#[derive(Debug)]
pub(crate) struct Flush {
    board: Arc<Board>,
    position: u64,
}

impl Flush {
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Result<(), TrailError>> {
        self.board.poll(self.position, waker)
    }

    pub(crate) fn wait(&self) -> Result<(), TrailError> {
        self.board.wait(self.position)
    }
}

/// Where writers, waiters and the flushing thread meet.
#[derive(Debug, Default)]
struct Board {
    state: Mutex<State>,
    /// Signalled when there is something to flush or the end has come.
    work: Condvar,
    /// Signalled when a flush has ended.
    flushed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    file: Option<Arc<File>>,
    written: u64,
    flushed: u64,
    failed: Option<TrailError>,
    is_ending: bool,
    wakers: Vec<Waker>,
}

impl State {
    fn outcome(&self, position: u64) -> Option<Result<(), TrailError>> {
        if self.flushed >= position {
            return Some(Ok(()));
        }
        self.failed.map(Err)
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, position: u64) -> Result<(), TrailError> {
        let mut state = self.lock();
        loop {
            if let Some(outcome) = state.outcome(position) {
                return outcome;
            }
            state = self.flushed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn poll(&self, position: u64, waker: &Waker) -> Poll<Result<(), TrailError>> {
        let mut state = self.lock();
        match state.outcome(position) {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                if !state.wakers.iter().any(|known| known.will_wake(waker)) {
                    state.wakers.push(waker.clone());
                }
                Poll::Pending
            }
        }
    }

    /// The flushing thread: until the end has come and all that was written is flushed, or a flush fails.
    fn run(&self) {
        while let Some((file, target)) = self.next() {
            let outcome = file.sync_data();
            if self.settle(target, outcome).is_err() {
                return;
            }
        }
    }

    fn next(&self) -> Option<(Arc<File>, u64)> {
        let mut state = self.lock();
        loop {
            if state.failed.is_some() {
                return None;
            }
            if let Some(file) = state.file.as_ref().filter(|_| state.written > state.flushed) {
                return Some((Arc::clone(file), state.written));
            }
            if state.is_ending {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn settle(&self, target: u64, outcome: io::Result<()>) -> Result<(), TrailError> {
        let mut state = self.lock();
        let outcome = outcome.map_err(|error| TrailError::Flush(error.kind()));
        match outcome {
            Ok(()) => state.flushed = state.flushed.max(target),
            Err(error) => state.failed = Some(error),
        }
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.flushed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
        outcome
    }
}

/// The flushing thread and its board. Dropped, it flushes what is left and ends.
#[derive(Debug)]
pub(crate) struct Flusher {
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Starts the thread; all up to `position` counts as flushed.
    pub(crate) fn start(position: u64) -> io::Result<Flusher> {
        let state = State { written: position, flushed: position, ..State::default() };
        let board = Arc::new(Board { state: Mutex::new(state), ..Board::default() });
        let own = Arc::clone(&board);
        let thread = std::thread::Builder::new().name("trail-flush".into()).spawn(move || own.run())?;
        Ok(Flusher { board, thread: Some(thread) })
    }

    /// Announces that all up to `position` is written, the last of it to `file`; earlier files are flushed already.
    pub(crate) fn written(&self, file: &Arc<File>, position: u64) {
        let mut state = self.board.lock();
        if !state.file.as_ref().is_some_and(|known| Arc::ptr_eq(known, file)) {
            state.file = Some(Arc::clone(file));
        }
        state.written = position;
        drop(state);
        self.board.work.notify_one();
    }

    /// What tells when all up to `position`, which was announced, is flushed.
    pub(crate) fn flush_of(&self, position: u64) -> Flush {
        Flush { board: Arc::clone(&self.board), position }
    }

    /// Blocks until all up to `position`, which was announced, is flushed.
    pub(crate) fn wait(&self, position: u64) -> Result<(), TrailError> {
        self.board.wait(position)
    }

    /// Up to where all is flushed.
    pub(crate) fn flushed(&self) -> u64 {
        self.board.lock().flushed
    }

    /// Why flushing has stopped for good, if it has: after a failed flush nobody knows what is on the disk.
    pub(crate) fn failed(&self) -> Option<TrailError> {
        self.board.lock().failed
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.board.lock().is_ending = true;
        self.board.work.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn a_failed_flush_fails_everyone_in_its_group_and_is_final() {
        // A pipe cannot be flushed.
        let (_reader, pipe) = io::pipe().unwrap();
        let file = Arc::new(File::from(OwnedFd::from(pipe)));
        let flusher = Flusher::start(5).unwrap();
        assert_eq!(flusher.wait(5), Ok(()));
        flusher.written(&file, 6);
        flusher.written(&file, 7);
        let failed = TrailError::Flush(io::ErrorKind::InvalidInput);
        for position in [6, 7] {
            assert_eq!(flusher.flush_of(position).wait(), Err(failed));
        }
        assert_eq!(flusher.failed(), Some(failed));
        flusher.written(&file, 8);
        assert_eq!(flusher.flush_of(8).wait(), Err(failed));
    }
}
