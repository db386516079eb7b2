//! How HTTP/1.1 and HTTP/2 are spoken: hyper, within our limits.

use std::future::Future;
use std::time::Duration;

use hyper::rt::Executor;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use tokio::runtime::Handle;

use crate::config::Limits;
use crate::watchdog::Patience;

/// Between two pings on an HTTP/2 connection, and how long each may stay unanswered.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(30);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Streams that a client may open and at once reset before it is cut off.
const HTTP2_RESETS_MAX: usize = 20;

/// Bytes that a client may send ahead on one stream, and on all streams of a connection.
const HTTP2_STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// Bytes of answers held for one stream whose client does not fetch them.
const HTTP2_SEND_BUFFER_BYTES: usize = 64 * 1024;

/// What speaks HTTP on a connection.
pub(crate) type Http = auto::Builder<Streams>;

/// Where the requests of an HTTP/2 connection are answered: on it may come all that a client asks, which is more than the one
/// thread that drives it can answer.
#[derive(Clone)]
pub(crate) struct Streams(Handle);

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

/// A builder of connections, whose HTTP/2 requests are answered on the runtime that this is called on. Times are not
/// hyper's: its timer would be armed anew for every request.
pub(crate) fn builder(limits: &Limits) -> Http {
    let header_bytes = limits.header_bytes.get();
    let mut builder = auto::Builder::new(Streams(Handle::current()));
    builder
        .http1()
        .header_read_timeout(None)
        .max_headers(limits.headers.size())
        .max_buf_size(usize::try_from(header_bytes).unwrap_or(usize::MAX));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(HTTP2_PING_TIMEOUT)
        .max_concurrent_streams(limits.http2_streams.get())
        .max_header_list_size(header_bytes)
        .max_pending_accept_reset_streams(HTTP2_RESETS_MAX)
        .max_local_error_reset_streams(HTTP2_RESETS_MAX)
        .initial_stream_window_size(HTTP2_STREAM_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(HTTP2_SEND_BUFFER_BYTES);
    builder
}

/// How long a client may take.
pub(crate) fn patience(limits: &Limits) -> Patience {
    Patience { head: limits.header_timeout_seconds.duration(), idle: limits.idle_timeout_seconds.duration() }
}
