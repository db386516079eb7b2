//! Watching commits: one bounded backlog a watcher, so that a slow one loses its place and never holds up a writer.

use crate::{Path, Revision, Span};
use futures_util::Stream;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

/// The most paths that wait for one watcher; beyond, it is told [`Notice::Lost`] instead.
pub const WATCH_BACKLOG_PATHS: usize = 4_096;

/// What a watcher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A commit, and which of the watched paths it changed.
    Committed(Revision, Vec<Path>),
    /// Commits went by untold: what was derived from the watched paths must be read again. The watch goes on.
    Lost,
}

/// A stream of notices; it ends when the store is closed. Dropping it ends the watch.
pub struct Watch(Arc<Backlog>);

/// An engine's end of all its watches.
#[derive(Default)]
pub struct Herald(Mutex<Audience>);

#[derive(Default)]
struct Audience {
    watchers: Vec<Weak<Backlog>>,
    closed: bool,
}

struct Backlog {
    span: Span,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    notices: VecDeque<Notice>,
    waiting_paths: usize,
    closed: bool,
    reader: Option<Waker>,
}

impl Herald {
    /// A herald without watchers.
    pub fn new() -> Herald {
        Herald::default()
    }

    /// A watch of what is announced from now on.
    pub fn watch(&self, span: Span) -> Watch {
        let mut audience = locked(&self.0);
        let queue = Queue { closed: audience.closed, ..Queue::default() };
        let backlog = Arc::new(Backlog { span, queue: Mutex::new(queue) });
        audience.watchers.retain(|watcher| watcher.strong_count() > 0);
        audience.watchers.push(Arc::downgrade(&backlog));
        Watch(backlog)
    }

    /// Tells every watcher of the changed paths that it watches. Call it in the order of the commits, and before a
    /// commit is acknowledged.
    pub fn announce(&self, revision: Revision, changed: &[Path]) {
        self.each(|backlog| backlog.announce(revision, changed));
    }

    /// Tells every watcher that commits went by untold.
    pub fn lose(&self) {
        self.each(|backlog| backlog.tell(Queue::lose));
    }

    /// Ends every watch, also those that begin later, behind what is still waiting.
    pub fn close(&self) {
        locked(&self.0).closed = true;
        self.each(|backlog| backlog.tell(|queue| queue.closed = true));
    }

    fn each(&self, tell: impl Fn(&Backlog)) {
        for watcher in &locked(&self.0).watchers {
            if let Some(backlog) = watcher.upgrade() {
                tell(&backlog);
            }
        }
    }
}

impl Backlog {
    fn announce(&self, revision: Revision, changed: &[Path]) {
        let paths: Vec<Path> = changed.iter().filter(|path| self.span.holds(path)).cloned().collect();
        if !paths.is_empty() {
            self.tell(|queue| queue.push(revision, paths));
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Queue)) {
        let mut queue = locked(&self.queue);
        change(&mut queue);
        let reader = queue.reader.take();
        drop(queue);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Queue {
    fn push(&mut self, revision: Revision, paths: Vec<Path>) {
        if self.waiting_paths + paths.len() > WATCH_BACKLOG_PATHS {
            return self.lose();
        }
        self.waiting_paths += paths.len();
        self.notices.push_back(Notice::Committed(revision, paths));
    }

    // One `Lost` stands for all that waited, and for the commit that found no room.
    fn lose(&mut self) {
        self.notices.clear();
        self.notices.push_back(Notice::Lost);
        self.waiting_paths = 0;
    }

    fn pop(&mut self) -> Option<Notice> {
        let notice = self.notices.pop_front()?;
        if let Notice::Committed(_, paths) = &notice {
            self.waiting_paths -= paths.len();
        }
        Some(notice)
    }
}

impl Watch {
    /// The next notice, when there is one; `None` when the store is closed.
    pub async fn next(&mut self) -> Option<Notice> {
        futures_util::StreamExt::next(&mut Pin::new(self)).await
    }

    /// The next notice that waits already.
    pub fn waiting(&mut self) -> Option<Notice> {
        locked(&self.0.queue).pop()
    }
}

impl Stream for Watch {
    type Item = Notice;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Notice>> {
        let mut queue = locked(&self.0.queue);
        match queue.pop() {
            Some(notice) => Poll::Ready(Some(notice)),
            None if queue.closed => Poll::Ready(None),
            None => {
                queue.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

// Nothing that runs under these locks leaves them half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> Vec<Path> {
        texts.iter().map(|text| Path::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_watcher_is_told_only_of_its_span() {
        let herald = Herald::new();
        let mut watch = herald.watch(Span::prefix("a/"));
        herald.announce(Revision(1), &paths(&["b/1"]));
        herald.announce(Revision(2), &paths(&["a/1", "b/2", "a/2"]));
        assert_eq!(watch.waiting(), Some(Notice::Committed(Revision(2), paths(&["a/1", "a/2"]))));
        assert_eq!(watch.waiting(), None);
    }

    #[test]
    fn a_watcher_that_fell_behind_is_told_once_and_goes_on() {
        let herald = Herald::new();
        let mut watch = herald.watch(Span::prefix(""));
        let commits = WATCH_BACKLOG_PATHS as u64 + 1;
        (1..=commits).for_each(|revision| herald.announce(Revision(revision), &paths(&["a"])));
        herald.announce(Revision(commits + 1), &paths(&["b"]));
        assert_eq!(watch.waiting(), Some(Notice::Lost));
        assert_eq!(watch.waiting(), Some(Notice::Committed(Revision(commits + 1), paths(&["b"]))));
        assert_eq!(watch.waiting(), None);
    }

    #[test]
    fn a_full_backlog_is_still_told_in_full() {
        let herald = Herald::new();
        let mut watch = herald.watch(Span::prefix(""));
        for round in 0..3 {
            (0..WATCH_BACKLOG_PATHS as u64).for_each(|step| herald.announce(Revision(step), &paths(&["a"])));
            let told = std::iter::from_fn(|| watch.waiting()).collect::<Vec<_>>();
            assert!(!told.contains(&Notice::Lost), "round {round}");
            assert_eq!(told.len(), WATCH_BACKLOG_PATHS);
        }
    }

    #[tokio::test]
    async fn closing_ends_every_watch_behind_what_waits() {
        let herald = Herald::new();
        let mut early = herald.watch(Span::prefix(""));
        herald.announce(Revision(1), &paths(&["a"]));
        herald.close();
        assert_eq!(early.next().await, Some(Notice::Committed(Revision(1), paths(&["a"]))));
        assert_eq!(early.next().await, None);
        assert_eq!(herald.watch(Span::prefix("")).next().await, None);
    }

    #[tokio::test]
    async fn a_waiting_watcher_is_woken_from_another_thread() {
        let herald = Arc::new(Herald::new());
        let mut watch = herald.watch(Span::prefix(""));
        let waiting = tokio::spawn(async move { watch.next().await });
        tokio::task::yield_now().await;
        std::thread::spawn(move || herald.announce(Revision(7), &paths(&["a"])));
        assert_eq!(waiting.await.unwrap(), Some(Notice::Committed(Revision(7), paths(&["a"]))));
    }

    #[test]
    fn a_dropped_watch_is_forgotten() {
        let herald = Herald::new();
        (0..100).for_each(|_| drop(herald.watch(Span::prefix(""))));
        let _kept = herald.watch(Span::prefix(""));
        assert_eq!(locked(&herald.0).watchers.len(), 1);
    }
}
