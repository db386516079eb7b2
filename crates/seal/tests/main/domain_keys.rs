//! Domain keys: made with the first value, rotated by age, the same on every node.

use crate::bench::{Bench, path, put, read};
use claviger_clock::SignedDuration;
use claviger_store::{Answer, Entry, MemoryStore, Outcome, Path, Span, Store, Transaction, Watch};
use futures_util::FutureExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Barrier;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const DAY_SECONDS: i64 = 86_400;

/// A store in which the first two commits that change one path happen only once both are there.
pub(crate) struct Rendezvous {
    below: MemoryStore,
    at: Path,
    both: Barrier,
}

impl Rendezvous {
    pub(crate) fn at(text: &str) -> Rendezvous {
        Rendezvous { below: MemoryStore::new(), at: path(text), both: Barrier::new(2) }
    }
}

impl Store for Rendezvous {
    fn read<'a>(&'a self, path: &'a Path) -> Answer<'a, Option<Entry>> {
        self.below.read(path)
    }

    fn scan(&self, span: Span, limit: usize) -> Answer<'_, Vec<Entry>> {
        self.below.scan(span, limit)
    }

    fn commit(&self, transaction: Transaction) -> Answer<'_, Outcome> {
        let meets = transaction.changes.iter().any(|change| *change.path() == self.at);
        async move {
            if meets {
                self.both.wait().await;
            }
            self.below.commit(transaction).await
        }
        .boxed()
    }

    fn watch(&self, span: Span) -> Watch {
        self.below.watch(span)
    }
}

/// The version of the domain key that a value is sealed under.
async fn key_version(bench: &Bench, at: &str) -> u32 {
    u32::from_be_bytes(bench.row(at).await[1..5].try_into().unwrap())
}

async fn domain_keys(bench: &Bench) -> Vec<String> {
    let paths = bench.rows().await.into_iter().map(|row| row.path.to_string());
    paths.filter(|path| path.contains("/domain-key/")).collect()
}

#[tokio::test]
async fn each_account_and_region_has_a_key_of_its_own_from_its_first_value_on() {
    let bench = Bench::new();
    let store = bench.open().await;
    assert_eq!(read(&store, "1/eu/a").await, Ok(None));
    assert!(domain_keys(&bench).await.is_empty());
    for at in ["1/eu/a", "1/us/a", "2/eu/a", "1/eu/b"] {
        put(&store, at, b"value").await;
    }
    let made = ["1/eu/domain-key/0000000001", "1/us/domain-key/0000000001", "2/eu/domain-key/0000000001"];
    assert_eq!(domain_keys(&bench).await, made);
}

#[tokio::test]
async fn two_nodes_that_write_the_first_value_at_once_share_one_domain_key() {
    let bench = Bench::over(Arc::new(Rendezvous::at("1/eu/domain-key/0000000001")));
    let (one, other) = (bench.open().await, bench.open().await);
    tokio::join!(put(&one, "1/eu/a", b"one"), put(&other, "1/eu/b", b"other"));
    assert_eq!(domain_keys(&bench).await.len(), 1);
    for node in [&one, &other, &bench.open().await] {
        assert_eq!(read(node, "1/eu/a").await, Ok(Some(b"one".to_vec())));
        assert_eq!(read(node, "1/eu/b").await, Ok(Some(b"other".to_vec())));
    }
}

#[tokio::test]
async fn keys_rotate_at_their_age_and_old_values_still_open() {
    let bench = Bench::new();
    let store = bench.open().await;
    put(&store, "1/eu/old", b"old").await;
    bench.clock.0.fetch_add(DAY_SECONDS - 1, Ordering::Relaxed);
    put(&store, "2/eu-x/young", b"young").await;
    assert_eq!(store.rotate_older_than(DAY).await, Ok(0));
    bench.clock.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(store.rotate_older_than(DAY).await, Ok(1));
    assert_eq!(store.rotate_older_than(DAY).await, Ok(0));
    put(&store, "1/eu/new", b"new").await;
    assert_eq!(key_version(&bench, "1/eu/old").await, 1);
    assert_eq!(key_version(&bench, "1/eu/new").await, 2);
    for node in [&store, &bench.open().await] {
        assert_eq!(read(node, "1/eu/old").await, Ok(Some(b"old".to_vec())));
        assert_eq!(read(node, "1/eu/new").await, Ok(Some(b"new".to_vec())));
    }
}

#[tokio::test]
async fn every_domain_is_rotated_whatever_its_name() {
    let bench = Bench::new();
    let store = bench.open().await;
    for domain in ["-/-", "1/eu", "1/eu-x", "1/eu.x", "1/eu0", "1/euz", "10/eu", "1~/eu"] {
        put(&store, &format!("{domain}/a"), b"value").await;
    }
    bench.clock.0.fetch_add(DAY_SECONDS, Ordering::Relaxed);
    assert_eq!(store.rotate_older_than(DAY).await, Ok(8));
    assert_eq!(domain_keys(&bench).await.len(), 16);
    assert_eq!(store.rotate_older_than(DAY).await, Ok(0));
}

#[tokio::test]
async fn two_nodes_that_rotate_at_once_make_one_new_key() {
    let bench = Bench::over(Arc::new(Rendezvous::at("1/eu/domain-key/0000000002")));
    let (one, other) = (bench.open().await, bench.open().await);
    put(&one, "1/eu/a", b"value").await;
    bench.clock.0.fetch_add(DAY_SECONDS, Ordering::Relaxed);
    let made = tokio::join!(one.rotate_older_than(DAY), other.rotate_older_than(DAY));
    assert_eq!(made.0.unwrap() + made.1.unwrap(), 1);
    assert_eq!(domain_keys(&bench).await.len(), 2);
}

#[tokio::test]
async fn a_node_writes_under_the_newest_key_once_it_has_met_it() {
    let bench = Bench::new();
    let (one, other) = (bench.open().await, bench.open().await);
    put(&one, "1/eu/a", b"value").await;
    put(&other, "1/eu/b", b"value").await;
    bench.clock.0.fetch_add(DAY_SECONDS, Ordering::Relaxed);
    assert_eq!(one.rotate_older_than(DAY).await, Ok(1));
    put(&one, "1/eu/a", b"newer").await;
    put(&other, "1/eu/b", b"older").await;
    assert_eq!(key_version(&bench, "1/eu/b").await, 1);
    assert_eq!(read(&other, "1/eu/a").await, Ok(Some(b"newer".to_vec())));
    put(&other, "1/eu/b", b"newest").await;
    assert_eq!(key_version(&bench, "1/eu/b").await, 2);
    assert_eq!(read(&one, "1/eu/b").await, Ok(Some(b"newest".to_vec())));
}
