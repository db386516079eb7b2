//! Tells when a connection has kept the server waiting too long.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

/// No moment.
const NEVER: u64 = 0;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a request's head, from its first byte; for the first request, from the connection's start.
    pub head: Duration,
    /// From an answer to the next request, the time in which the answer is fetched included.
    pub idle: Duration,
}

impl Patience {
    /// How often to look: no time is overrun by more than this.
    pub(crate) fn tick(&self) -> Duration {
        self.head.min(self.idle)
    }
}

/// What goes on on one connection. Its requests, its bytes and its driver all note here; nothing waits.
pub(crate) struct Activity {
    opened: Instant,
    patience: Patience,
    in_flight: AtomicU32,
    has_served: AtomicBool,
    multiplexed: AtomicBool,
    /// Milliseconds from `opened`, at least 1.
    answered_at: AtomicU64,
    head_began_at: AtomicU64,
    /// Wakes the driver when the connection is to end.
    pub(crate) close: Notify,
}

/// A request that is being answered; dropped when it is.
pub(crate) struct Busy<'a>(&'a Activity);

impl Activity {
    pub(crate) fn new(patience: Patience) -> Activity {
        Activity {
            opened: Instant::now(),
            patience,
            in_flight: AtomicU32::new(0),
            has_served: AtomicBool::new(false),
            multiplexed: AtomicBool::new(false),
            answered_at: AtomicU64::new(NEVER),
            head_began_at: AtomicU64::new(NEVER),
            close: Notify::new(),
        }
    }

    /// Notes that a whole head has come.
    pub(crate) fn begin(&self, multiplexed: bool) -> Busy<'_> {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        self.has_served.store(true, Ordering::Release);
        self.multiplexed.store(multiplexed, Ordering::Release);
        self.head_began_at.store(NEVER, Ordering::Release);
        Busy(self)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) == 0 && self.head_began_at.load(Ordering::Acquire) == NEVER
    }

    /// Whether requests share the connection, as in HTTP/2.
    pub(crate) fn is_multiplexed(&self) -> bool {
        self.multiplexed.load(Ordering::Acquire)
    }

    /// When the client's time is over, as things are; none while a request is being answered.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.in_flight.load(Ordering::Acquire) > 0 {
            return None;
        }
        if !self.has_served.load(Ordering::Acquire) {
            return Some(self.opened + self.patience.head);
        }
        let idle = self.moment(&self.answered_at) + self.patience.idle;
        match self.head_began_at.load(Ordering::Acquire) {
            NEVER => Some(idle),
            _ if self.is_multiplexed() => Some(idle),
            _ => Some(idle.min(self.moment(&self.head_began_at) + self.patience.head)),
        }
    }

    fn moment(&self, at: &AtomicU64) -> Instant {
        self.opened + Duration::from_millis(at.load(Ordering::Acquire))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// Notes bytes of the client; those that follow a head belong to its body.
    fn note_read(&self) {
        let waits = self.in_flight.load(Ordering::Acquire) == 0;
        if waits && self.head_began_at.load(Ordering::Acquire) == NEVER {
            self.head_began_at.store(self.now(), Ordering::Release);
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.answered_at.store(self.0.now(), Ordering::Release);
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A stream whose reads are noted.
pub(crate) struct Watched<S> {
    pub stream: S,
    pub activity: std::sync::Arc<Activity>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, into);
        if into.filled().len() > before {
            self.activity.note_read();
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
