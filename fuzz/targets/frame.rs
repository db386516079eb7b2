//! A connection's bytes: whatever a stranger sends, the server neither lets it in, fails, nor falls.
//!
//! An input is all that a client sends before it closes its half of the connection to a real server.
#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use claviger_audit::Trail;
use claviger_clock::Clock;
use claviger_crypto::SystemRandom;
use claviger_iam::{Api, ApiParts, Directory, Sessions};
use claviger_kms::{Kms, OPERATIONS, Parts as KmsParts, Quotas};
use claviger_monitor::Metrics;
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_server::config::Limits;
use claviger_server::{Apis, Followers, Parts, Regions, Server, Settings};
use claviger_store::{MemoryStore, Store};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

const RECORDS_KEPT: NonZeroUsize = NonZeroUsize::new(16).unwrap();
const CACHE_BYTES: u64 = 1 << 20;
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// A server that has not closed by then hangs.
const PATIENCE: Duration = Duration::from_secs(4);
/// What every status line of HTTP/1 begins with.
const STATUS: &str = "HTTP/1.";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The moment at which the seeds are signed, for ever.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2015-08-30T12:36:00Z".parse().expect("a time")
    }
}

static SERVER: LazyLock<(Runtime, SocketAddr)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = runtime.block_on(server());
    let address = server.local_address();
    runtime.spawn(server.run(std::future::pending()));
    (runtime, address)
});

fuzz_target!(|input: &[u8]| {
    for status in statuses(&answer(input)) {
        // Whoever expects to be told to go on with its body is told so.
        assert!(status == 100 || (400..500).contains(&status), "a stranger was answered {status}");
    }
});

/// A server without accounts: nobody can be let in.
async fn server() -> Server {
    let (random, clock) = (Arc::new(SystemRandom), Arc::new(Noon));
    let trail = Arc::new(Trail::in_memory(RECORDS_KEPT));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let root = Arc::new(EphemeralRootKey::generate(&*random).expect("randomness"));
    let sealed = SealedStore::open(store.clone(), root, random.clone(), clock.clone()).await;
    let sealed = Arc::new(sealed.expect("an empty store opens"));
    let directory = Arc::new(Directory::new(sealed.clone(), clock.clone()));
    let sessions = Sessions::new(sealed.clone(), directory.clone(), clock.clone(), random.clone());
    let sessions = Arc::new(sessions);
    let api = Arc::new(Api::new(ApiParts {
        directory: directory.clone(),
        sessions: sessions.clone(),
        issuers: Arc::default(),
        trail: trail.clone(),
        clock: clock.clone(),
        signing_clock: clock.clone(),
        random: random.clone(),
    }));
    let kms = Arc::new(Kms::new(KmsParts {
        store: sealed,
        directory: directory.clone(),
        trail: trail.clone(),
        clock: clock.clone(),
        random: random.clone(),
        cache_bytes: CACHE_BYTES,
        regions: ["us-east-1".parse().expect("a Region")].into(),
        quotas: Quotas::default(),
    }));
    let metrics = Arc::new(Metrics::new(OPERATIONS.iter().map(|entry| entry.facts.name), [], 0.0));
    let regions = Regions::new(&["us-east-1".parse().expect("a Region")]).expect("one Region");
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let settings =
        Settings { listen, tls: None, operator: None, telemetry: None, regions, limits: Limits::default() };
    let followers = Arc::new(Followers::none(trail.clone()));
    let apis = Apis::default();
    Server::bind(
        settings,
        Parts {
            kms,
            api,
            apis,
            directory,
            sessions,
            store,
            trail,
            clock,
            random,
            metrics,
            followers,
            courier: None,
        },
    )
    .await
    .expect("a port")
}

/// All that the server sends back until it closes.
fn answer(input: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(SERVER.1).expect("the server takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut answer = Vec::new();
    // The server may close before it has read all: that is an answer too.
    if stream.write_all(input).and_then(|()| stream.shutdown(Shutdown::Write)).is_ok() {
        let read = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer);
        let waited = read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!waited, "the server neither answered nor closed");
    }
    answer
}

/// The status of every answer over HTTP/1; over HTTP/2 there are none to be seen without its compression.
///
/// Errors repeat what a client sent, so only what stands where an answer begins is a status.
fn statuses(mut answer: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some((status, rest)) = next_status(answer) {
        statuses.push(status);
        answer = rest;
    }
    statuses
}

/// The status of the answer that stands first, and what follows its body.
fn next_status(answer: &[u8]) -> Option<(u16, &[u8])> {
    let head_end = answer.windows(HEAD_END.len()).position(|window| window == HEAD_END)? + HEAD_END.len();
    let (head, rest) = answer.split_at(head_end);
    let head = std::str::from_utf8(head).ok()?.strip_prefix(STATUS)?;
    let status = head.get(2..5)?.parse().ok()?;
    let lengths = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().map_or(Some(0), |(_, length)| length.parse().ok())?;
    Some((status, rest.get(length..).unwrap_or_default()))
}
