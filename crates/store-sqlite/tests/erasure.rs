//! What was deleted or replaced is in none of the files any more.

use crate::{committed, open, path, put};
use claviger_store::{Store, Transaction};
use claviger_testkit::conformance::Dice;
use std::fs;

const ENTRIES: usize = 1_500;

/// A value with a marker of 16 digits at its beginning, its middle and its end.
fn marked(at: usize, generation: usize, dice: &mut Dice) -> Vec<u8> {
    let filling = match dice.below(10) {
        0 => 20_000,
        1..4 => 2_000,
        _ => 200,
    };
    let marker = marker(at, generation);
    let filling = dice.below(filling);
    [&marker[..], &vec![b'.'; filling], &marker, &vec![b'.'; filling], &marker].concat()
}

fn marker(at: usize, generation: usize) -> Vec<u8> {
    format!("<marker {generation:02} {at:06}>").into_bytes()
}

/// The markers that are found in any file of the store.
fn found(directory: &std::path::Path) -> std::collections::BTreeSet<Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let markers = |bytes: Vec<u8>| {
        let windows = bytes.windows(marker(0, 0).len()).filter(|window| window.starts_with(b"<marker "));
        windows.map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    files.flat_map(markers).collect()
}

#[tokio::test]
async fn a_scrub_leaves_nothing_of_what_was_deleted_or_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut dice = Dice::new(3);
    let mut live = std::collections::BTreeMap::new();
    for step in 0..4 * ENTRIES {
        let at = dice.below(ENTRIES);
        let text = format!("entry/{:04}", (at * 7919) % ENTRIES);
        if dice.once_in(3) {
            let _ = committed(&store, Transaction::new().delete(path(&text))).await;
            live.remove(&text);
        } else {
            let _ = put(&store, &text, &marked(step, step % 100, &mut dice)).await;
            live.insert(text, marker(step, step % 100));
        }
    }
    store.scrub().await.unwrap();
    let found = found(directory.path());
    let live: std::collections::BTreeSet<_> = live.into_values().collect();
    let left: Vec<_> = found.difference(&live).map(|marker| String::from_utf8_lossy(marker)).collect();
    assert!(left.is_empty(), "{} of {} are left: {left:?}", left.len(), 4 * ENTRIES - live.len());
    assert_eq!(found.len(), live.len());
    assert!(store.read(&path("entry/0000")).await.is_ok());
}

fn log_bytes(directory: &std::path::Path) -> u64 {
    fs::metadata(directory.join("claviger.db-wal")).unwrap().len()
}

#[tokio::test]
async fn a_store_at_rest_empties_its_log_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let _ = put(&store, "a", b"<marker 00 000000>").await;
    let _ = committed(&store, Transaction::new().delete(path("a"))).await;
    while log_bytes(directory.path()) > 0 {
        tokio::task::yield_now().await;
    }
    assert!(found(directory.path()).is_empty());
}

#[tokio::test]
async fn a_closed_store_has_an_empty_log() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let _ = put(&store, "a", b"1").await;
    drop(store);
    assert_eq!(log_bytes(directory.path()), 0);
}
