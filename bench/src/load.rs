//! Load: so many connections, each sending its request again as soon as it has its answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// Room for an answer's head and body.
const BUFFER_BYTES: usize = 64 * 1024;

/// What one load came to.
pub(crate) struct Outcome {
    pub requests: u64,
    pub took: Duration,
    /// Each request's time from its first byte sent to its last byte received, ascending.
    pub latencies: Vec<Duration>,
}

impl Outcome {
    /// Requests in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// The latency that this share of the requests did not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let at = ((self.latencies.len() as f64 - 1.0) * share).max(0.0) as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// Sends each request over a connection of its own, for so long.
pub(crate) fn run(address: SocketAddr, requests: Vec<Vec<u8>>, time: Duration) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let begun = Instant::now();
        let end = begun + time;
        let tasks: Vec<_> =
            requests.into_iter().map(|request| tokio::spawn(send_until(address, request, end))).collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.append(&mut task.await??);
        }
        latencies.sort_unstable();
        Ok(Outcome { requests: latencies.len() as u64, took: begun.elapsed(), latencies })
    })
}

/// Bytes of the whole answer to one request, head and body.
pub(crate) fn answer_bytes(address: SocketAddr, request: &[u8]) -> Result<usize, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        Ok(connection.exchange(request).await?.end)
    })
}

/// The body of the answer to one request.
pub(crate) fn once(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        let body = connection.exchange(request).await?;
        Ok(connection.buffer[body].to_vec())
    })
}

/// The bodies of the answers to several requests, one after the other on one connection.
pub(crate) async fn each(
    address: SocketAddr,
    requests: impl Iterator<Item = Result<Vec<u8>, Failure>>,
) -> Result<Vec<Vec<u8>>, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut bodies = Vec::new();
    for request in requests {
        let body = connection.exchange(&request?).await?;
        bodies.push(connection.buffer[body].to_vec());
    }
    Ok(bodies)
}

async fn send_until(address: SocketAddr, request: Vec<u8>, end: Instant) -> Result<Vec<Duration>, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut latencies = Vec::new();
    loop {
        let begun = Instant::now();
        if begun >= end {
            return Ok(latencies);
        }
        connection.exchange(&request).await?;
        latencies.push(begun.elapsed());
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Sends a request and reads its answer; gives where the body stands in the buffer. Anything but 200 is a failure.
    async fn exchange(&mut self, request: &[u8]) -> Result<std::ops::Range<usize>, Failure> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            filled += read;
            if let Some(body) = whole_answer(&self.buffer[..filled])? {
                return Ok(body);
            }
        }
    }
}

/// Where the body stands, once all of it is there.
fn whole_answer(bytes: &[u8]) -> Result<Option<std::ops::Range<usize>>, Failure> {
    let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    if !bytes.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(bytes).into_owned().into());
    }
    let text = std::str::from_utf8(&bytes[..head])?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let body = head + 4..head + 4 + length.ok_or("an answer without length")?;
    Ok((body.end <= bytes.len()).then_some(body))
}
