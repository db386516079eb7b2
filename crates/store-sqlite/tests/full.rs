//! A full disk, a real one: a small file system in a mount namespace of its own.

use crate::child::{arguments, command, directory};
use crate::{open, path};
use claviger_store::{Span, Store, StoreError, Transaction};
use claviger_store_sqlite::SqliteStore;
use std::fs;

const MOUNT_AND_RUN: &str =
    "mount -t tmpfs -o size=6m,mode=700 none \"$CLAVIGER_TEST_DIRECTORY\" && exec \"$@\"";
const BALLAST_BYTES: usize = 2 << 20;

#[test]
fn a_full_disk_refuses_writes_serves_reads_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let unshare =
        ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT_AND_RUN, "sh"].map(str::to_owned);
    let words: Vec<String> = unshare.into_iter().chain(arguments("full::fills_the_disk")).collect();
    let output = command(&words, directory.path(), 0, 1).output().expect("unshare is needed");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", said(&output.stdout), said(&output.stderr));
    assert!(said(&output.stdout).contains("1 passed"));
}

#[tokio::test]
#[ignore = "run by the test that gives it a small disk"]
async fn fills_the_disk() {
    let ballast = directory().join("ballast");
    fs::write(&ballast, vec![1; BALLAST_BYTES]).unwrap();
    let store = open(&directory().join("store"));
    let written = fill(&store, "first").await;
    assert!(written > 5, "only {written} values fitted");
    assert_holds(&store, "first", written).await;

    fs::remove_file(&ballast).unwrap();
    let more = fill(&store, "second").await;
    assert!(more > 5, "only {more} values fitted into the space that came back");
    let _ = store.commit(Transaction::new().delete(path("first/000"))).await;
    drop(store);

    let store = open(&directory().join("store"));
    assert_holds(&store, "second", more).await;
}

/// Writes until the disk is full; gives how many values fitted.
async fn fill(store: &SqliteStore, name: &str) -> usize {
    for at in 0.. {
        let transaction = Transaction::new().put(path(&format!("{name}/{at:03}")), vec![at as u8; 40_000]);
        match store.commit(transaction).await {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error, StoreError::Full);
                return at;
            }
        }
    }
    unreachable!("a disk is full some time")
}

async fn assert_holds(store: &SqliteStore, name: &str, count: usize) {
    let entries = store.scan(Span::prefix(&format!("{name}/")), 4_000).await.unwrap();
    assert_eq!(entries.len(), count);
    assert!(entries.iter().enumerate().all(|(at, entry)| entry.value == vec![at as u8; 40_000]));
}
