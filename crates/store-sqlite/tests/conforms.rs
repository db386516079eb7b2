//! The conformance suite, with real reopening, and writers on threads of their own.

use crate::{committed, open, path, put};
use claviger_store::{Outcome, Revision, Store, Transaction};
use claviger_store_sqlite::SqliteStore;
use claviger_testkit::conformance::{Subject, conforms};
use futures_util::FutureExt;
use std::sync::Arc;
use tempfile::TempDir;

struct OnDisk {
    store: SqliteStore,
    directory: TempDir,
}

impl OnDisk {
    fn create() -> OnDisk {
        let directory = tempfile::tempdir().unwrap();
        OnDisk { store: open(directory.path()), directory }
    }
}

impl Subject for OnDisk {
    type Engine = SqliteStore;

    fn engine(&self) -> &SqliteStore {
        &self.store
    }

    fn reopened(self) -> OnDisk {
        drop(self.store);
        OnDisk { store: open(self.directory.path()), directory: self.directory }
    }
}

#[tokio::test]
async fn the_engine_conforms() {
    conforms(OnDisk::create).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_on_several_threads_lose_no_increment() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(open(directory.path()));
    let first = put(&store, "count", b"0").await;
    assert_eq!(first, Revision(1));
    let writers: Vec<_> = (0..8).map(|_| tokio::spawn(increments(store.clone(), 50))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let entry = store.read(&path("count")).await.unwrap().unwrap();
    assert_eq!((entry.value, entry.revision), (b"400".to_vec(), Revision(401)));
}

async fn increments(store: Arc<SqliteStore>, count: usize) {
    let mut done = 0;
    while done < count {
        let entry = store.read(&path("count")).await.unwrap().unwrap();
        let next = 1 + String::from_utf8(entry.value).unwrap().parse::<usize>().unwrap();
        let transaction = Transaction::new().unchanged(path("count"), entry.revision);
        let outcome =
            store.commit(transaction.put(path("count"), next.to_string().into_bytes())).await.unwrap();
        done += usize::from(matches!(outcome, Outcome::Committed(_)));
    }
}

#[tokio::test]
async fn a_commit_whose_caller_left_still_happens() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut left = store.commit(Transaction::new().put(path("left"), vec![1]));
    assert!((&mut left).now_or_never().is_none());
    drop(left);
    let _ = committed(&store, Transaction::new()).await;
    assert!(store.read(&path("left")).await.unwrap().is_some());
}
