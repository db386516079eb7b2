//! What runs in a process of its own: ignored tests of this binary, started by other tests.

use crate::path;
use claviger_store::{Outcome, Store, StoreError, Transaction};
use claviger_store_sqlite::SqliteStore;
use futures_util::future::join_all;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

const DIRECTORY: &str = "CLAVIGER_TEST_DIRECTORY";
const RUN: &str = "CLAVIGER_TEST_RUN";
const WRITERS: &str = "CLAVIGER_TEST_WRITERS";
const ROUNDS_LIMIT: usize = 5_000;

/// The arguments that run the ignored test `name` of this binary.
pub(crate) fn arguments(name: &str) -> Vec<String> {
    let program = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    [&program, "--exact", name, "--ignored", "--nocapture", "--test-threads=1"].map(str::to_owned).to_vec()
}

/// A command of `words`, told its directory, which run it is, and how many write at once.
pub(crate) fn command(words: &[String], directory: &std::path::Path, run: u32, writers: usize) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env(DIRECTORY, directory).env(RUN, run.to_string());
    command.env(WRITERS, writers.to_string());
    command
}

pub(crate) fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("it is started by another test").into()
}

/// The value that belongs to a path.
pub(crate) fn value(text: &str) -> Vec<u8> {
    text.repeat(20).into_bytes()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A parent that killed us no longer listens.
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn write_until_refused(store: &SqliteStore, writer: usize) -> StoreError {
    let run = std::env::var(RUN).unwrap();
    for round in 0..ROUNDS_LIMIT {
        let text = format!("{run}/{writer}/{round}");
        match store.commit(Transaction::new().put(path(&text), value(&text))).await {
            Ok(Outcome::Committed(revision)) => say(&format!("acknowledged {revision} {text}")),
            Ok(Outcome::Conflict) => panic!("a conflict without guards"),
            Err(error) => return error,
        }
    }
    panic!("it was neither killed nor stopped")
}

#[tokio::test]
#[ignore = "run by the tests that kill it, or fail its flushes"]
async fn writes_until_stopped() {
    let store = SqliteStore::open(&directory(), Box::new(|error| say(&format!("failed {error}")))).unwrap();
    let writers: usize = std::env::var(WRITERS).unwrap().parse().unwrap();
    for error in join_all((0..writers).map(|writer| write_until_refused(&store, writer))).await {
        say(&format!("refused {error:?}"));
    }
    say(&format!("later {:?}", store.commit(Transaction::new()).await.unwrap_err()));
    say(&format!("scrub {:?}", store.scrub().await.unwrap_err()));
}

#[test]
#[ignore = "run by the test that holds the store open"]
fn opens_and_says_how_it_went() {
    let opened = SqliteStore::open(&directory(), Box::new(|_| {}));
    say(&format!("opened {:?}", opened.map(drop).map_err(|error| error.to_string())));
}
