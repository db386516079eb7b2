//! Figures, by hand: `cargo test --release -p claviger-store-sqlite -- --ignored --nocapture measure::`, with
//! `TMPDIR` on the disk in question.

use crate::{open, path, put};
use claviger_store::{Store, Transaction};
use claviger_store_sqlite::SqliteStore;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONG_ENOUGH: Duration = Duration::from_secs(3);
const ENTRIES: usize = 100_000;

fn value(at: usize) -> Vec<u8> {
    (0..1024).map(|byte| (byte * 31 + at * 17) as u8).collect()
}

async fn write(store: Arc<SqliteStore>, writer: usize, until: Instant) -> Vec<Duration> {
    let mut took = vec![];
    while Instant::now() < until {
        let begun = Instant::now();
        let _ = put(&store, &format!("{writer}/{:09}", took.len()), &value(writer)).await;
        took.push(begun.elapsed());
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn commits_a_second() {
    for writers in [1, 16, 128] {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(open(directory.path()));
        let until = Instant::now() + LONG_ENOUGH;
        let tasks: Vec<_> =
            (0..writers).map(|writer| tokio::spawn(write(store.clone(), writer, until))).collect();
        let mut took: Vec<Duration> =
            join_all(tasks).await.into_iter().flat_map(|one| one.unwrap()).collect();
        took.sort();
        let rate = took.len() as f64 / LONG_ENOUGH.as_secs_f64();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        println!(
            "{writers} writers: {rate:.0} commits/s, p50 {:?}, p99 {:?}, max {:?}",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

#[tokio::test]
#[ignore = "a measurement"]
async fn reading_and_opening() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for first in (0..ENTRIES).step_by(100) {
        let entry = |at: usize| path(&format!("entry/{:06}", at * 7919 % ENTRIES));
        let all = (first..first + 100).fold(Transaction::new(), |all, at| all.put(entry(at), value(at)));
        let _ = crate::committed(&store, all).await;
    }
    let begun = Instant::now();
    for at in 0..ENTRIES {
        assert!(store.read(&path(&format!("entry/{:06}", at * 104_729 % ENTRIES))).await.unwrap().is_some());
    }
    println!("a read: {:?}", begun.elapsed() / ENTRIES as u32);
    let begun = Instant::now();
    drop(store);
    println!("closing: {:?}", begun.elapsed());
    let begun = Instant::now();
    drop(open(directory.path()));
    println!("opening and closing {ENTRIES} entries of 1 KiB: {:?}", begun.elapsed());
}
