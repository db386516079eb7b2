//! The engine against its promises: the suite of every engine, and what only a disk can do to it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod child;
mod conforms;
mod crash;
mod damage;
mod erasure;
mod full;
mod measure;
mod opening;

use claviger_store::{Outcome, Path, Revision, Store, Transaction};
use claviger_store_sqlite::SqliteStore;

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn open(directory: &std::path::Path) -> SqliteStore {
    SqliteStore::open(directory, Box::new(|error| panic!("the store stopped: {error}"))).unwrap()
}

async fn committed(store: &SqliteStore, transaction: Transaction) -> Revision {
    match store.commit(transaction).await.unwrap() {
        Outcome::Committed(revision) => revision,
        Outcome::Conflict => panic!("a conflict"),
    }
}

async fn put(store: &SqliteStore, text: &str, value: &[u8]) -> Revision {
    committed(store, Transaction::new().put(path(text), value.to_vec())).await
}
