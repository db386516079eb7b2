//! What one client may take: sizes, counts and times.

use std::time::Duration;

use serde::Deserialize;

/// Limits of the listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most connections at a time; more wait to be taken. Default 4096.
    pub connections: Count,
    /// Most bytes of a request's head, at least 8192. Default 32768.
    pub header_bytes: HeaderBytes,
    /// Most headers of a request. Default 100.
    pub headers: Count,
    /// Most bytes of a request's body. Default 524288.
    pub body_bytes: Count,
    /// Most bytes of all bodies that are held at a time, those that arrive in one piece aside; at least `body_bytes`.
    /// More are refused as unavailable. Default 268435456.
    pub bodies_bytes: Count,
    /// Seconds in which a request's head must arrive, and a TLS handshake end. Default 10.
    pub header_timeout_seconds: Seconds,
    /// Seconds in which a request's body must arrive. Default 10.
    pub body_timeout_seconds: Seconds,
    /// Seconds that a connection is kept without a request. Default 120.
    pub idle_timeout_seconds: Seconds,
    /// Most requests at a time on one HTTP/2 connection. Default 100.
    pub http2_streams: Count,
    /// Seconds that requests in flight have to end when the server stops. Default 30.
    pub shutdown_grace_seconds: Seconds,
}

/// A number of something, from 1 to 1,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u64")]
pub struct Count(u32);

/// A time in seconds, from 0.01 to 86,400; fractions are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Seconds(Duration);

/// The size of a head, from 8 KiB, of which the HTTP parser needs a buffer, to 1 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct HeaderBytes(u32);

const COUNT_MAX: u32 = 1_000_000_000;
const SECONDS: std::ops::RangeInclusive<f64> = 0.01..=86_400.0;
const HEADER_BYTES: std::ops::RangeInclusive<u32> = 8 * 1024..=1024 * 1024;

/// A number outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number from {from} to {to}")]
pub struct OutOfRange {
    from: &'static str,
    to: &'static str,
}

impl OutOfRange {
    pub(super) const fn of(from: &'static str, to: &'static str) -> OutOfRange {
        OutOfRange { from, to }
    }
}

impl Count {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    pub(crate) const fn new(number: u32) -> Count {
        Count(number)
    }

    /// The number, as a size in memory.
    pub fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Seconds {
    pub(crate) const fn new(seconds: u32) -> Seconds {
        Seconds(Duration::from_secs(seconds as u64))
    }

    /// The time.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl HeaderBytes {
    /// The number of bytes.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u64> for Count {
    type Error = OutOfRange;

    fn try_from(number: u64) -> Result<Count, OutOfRange> {
        let count = u32::try_from(number).ok().filter(|count| (1..=COUNT_MAX).contains(count));
        count.map(Count).ok_or(OutOfRange { from: "1", to: "1000000000" })
    }
}

impl TryFrom<f64> for Seconds {
    type Error = OutOfRange;

    fn try_from(seconds: f64) -> Result<Seconds, OutOfRange> {
        match SECONDS.contains(&seconds) {
            true => Ok(Seconds(Duration::from_secs_f64(seconds))),
            false => Err(OutOfRange { from: "0.01", to: "86400" }),
        }
    }
}

impl TryFrom<u64> for HeaderBytes {
    type Error = OutOfRange;

    fn try_from(number: u64) -> Result<HeaderBytes, OutOfRange> {
        let bytes = u32::try_from(number).ok().filter(|bytes| HEADER_BYTES.contains(bytes));
        bytes.map(HeaderBytes).ok_or(OutOfRange { from: "8192", to: "1048576" })
    }
}

impl Default for Limits {
    fn default() -> Limits {
        let seconds = |seconds| Seconds(Duration::from_secs(seconds));
        Limits {
            connections: Count(4096),
            header_bytes: HeaderBytes(32 * 1024),
            headers: Count(100),
            body_bytes: Count(512 * 1024),
            bodies_bytes: Count(256 * 1024 * 1024),
            header_timeout_seconds: seconds(10),
            body_timeout_seconds: seconds(10),
            idle_timeout_seconds: seconds(120),
            http2_streams: Count(100),
            shutdown_grace_seconds: seconds(30),
        }
    }
}
