//! Flipped bits and cut files: refused and left alone, or everything acknowledged is there.

use crate::opening::{contents, refusal};
use crate::{committed, open, path};
use claviger_store::{Span, Store, Transaction};
use claviger_store_sqlite::{OpenError, SqliteStore};
use claviger_testkit::conformance::Dice;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const FLIPS: u64 = 300;
const CUTS: u64 = 100;
const PAGE_BYTES: usize = 8192;
const FRAME_BYTES: usize = 24 + PAGE_BYTES;
const LOG_HEADER_BYTES: usize = 32;

type Expected = BTreeMap<String, Vec<u8>>;

/// The files of a store that was not closed, and what was acknowledged in it: entries in the database, later changes in
/// the log, one commit each.
struct Specimen {
    directory: TempDir,
    expected: Expected,
    /// Without the last commit.
    before_last: Expected,
}

async fn change(store: &SqliteStore, dice: &mut Dice, expected: &mut Expected) {
    let text = format!("entry/{}", dice.below(300));
    if dice.once_in(4) {
        let _ = committed(store, Transaction::new().delete(path(&text))).await;
        expected.remove(&text);
    } else {
        let length = if dice.once_in(20) { 30_000 } else { 600 };
        let value = dice.bytes(length);
        let _ = committed(store, Transaction::new().put(path(&text), value.clone())).await;
        expected.insert(text, value);
    }
}

async fn specimen(commits_in_log: usize) -> Specimen {
    let live = tempfile::tempdir().unwrap();
    let (mut expected, mut before_last) = (Expected::new(), Expected::new());
    let mut dice = Dice::new(1);
    let store = open(live.path());
    for _ in 0..500 {
        change(&store, &mut dice, &mut expected).await;
    }
    store.scrub().await.unwrap();
    for _ in 0..commits_in_log {
        before_last.clone_from(&expected);
        change(&store, &mut dice, &mut expected).await;
    }
    let directory = tempfile::tempdir().unwrap();
    // The log first: an idle store may empty it into the database meanwhile, and both are then still sound.
    for name in ["claviger.db-wal", "claviger.db", "store.lock"] {
        fs::copy(live.path().join(name), directory.path().join(name)).unwrap();
    }
    Specimen { directory, expected, before_last }
}

impl Specimen {
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        for (file, bytes) in contents(self.directory.path()) {
            fs::write(copy.path().join(file.file_name().unwrap()), bytes).unwrap();
        }
        copy
    }
}

async fn assert_holds(store: &SqliteStore, expected: &Expected, at: &str) {
    for (text, value) in expected {
        let entry = store.read(&path(text)).await.unwrap().unwrap_or_else(|| panic!("{at}: {text} was lost"));
        assert!(entry.value == *value, "{at}: {text} came back changed");
    }
    let all = store.scan(Span::prefix(""), 4_000).await.unwrap();
    let all: Expected = all.into_iter().map(|entry| (entry.path.to_string(), entry.value)).collect();
    assert!(all == *expected, "{at}: not what was acknowledged");
}

/// Whether it was refused, and then left alone; otherwise everything is there.
async fn refused_or_whole(directory: &Path, expected: &Expected, at: &str) -> bool {
    let before = contents(directory);
    match SqliteStore::open(directory, Box::new(|error| panic!("stopped: {error}"))) {
        Ok(store) => {
            assert_holds(&store, expected, at).await;
            false
        }
        Err(OpenError::Damaged { .. } | OpenError::Foreign { .. } | OpenError::Newer { .. }) => {
            assert!(before == contents(directory), "{at}: a refused store was written to");
            true
        }
        Err(other) => panic!("{at}: {other}"),
    }
}

fn edit(directory: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(directory.join(name)).unwrap();
    change(&mut bytes);
    fs::write(directory.join(name), bytes).unwrap();
}

async fn flips(name: &str, specimen: &Specimen) -> u64 {
    let mut refused = 0;
    for seed in 0..FLIPS {
        let copy = specimen.copy();
        let mut dice = Dice::new(seed);
        edit(copy.path(), name, |bytes| {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        });
        let at = format!("a flip in {name}, seed {seed}");
        refused += u64::from(refused_or_whole(copy.path(), &specimen.expected, &at).await);
    }
    refused
}

#[tokio::test]
async fn a_flipped_bit_is_refused_or_harmless() {
    let specimen = specimen(60).await;
    assert_holds(&open(specimen.copy().path()), &specimen.expected, "unharmed").await;
    let database = flips("claviger.db", &specimen).await;
    let log = flips("claviger.db-wal", &specimen).await;
    println!("refused of {FLIPS}: {database} flips in the database, {log} in its log");
    assert!(database > FLIPS / 3 && log > FLIPS / 2, "refused only {database} and {log} of {FLIPS}");
}

#[tokio::test]
async fn a_flipped_bit_in_a_closed_store_is_refused_or_harmless() {
    let specimen = specimen(0).await;
    let database = flips("claviger.db", &specimen).await;
    println!("refused of {FLIPS}: {database}");
    assert!(database > FLIPS / 3, "refused only {database} of {FLIPS}");
}

#[tokio::test]
async fn a_cut_file_is_refused_or_harmless() {
    let specimen = specimen(60).await;
    for name in ["claviger.db", "claviger.db-wal"] {
        let mut refused = 0;
        for seed in 0..CUTS {
            let copy = specimen.copy();
            edit(copy.path(), name, |bytes| bytes.truncate(Dice::new(seed).below(bytes.len())));
            let at = format!("{name} cut, seed {seed}");
            refused += u64::from(refused_or_whole(copy.path(), &specimen.expected, &at).await);
        }
        // What is cut from the database may be in the log.
        assert!(refused > CUTS * 9 / 10, "refused only {refused} of {CUTS} cuts of {name}");
    }
}

/// The offsets of the frames that end a commit.
fn commit_frames(log: &[u8]) -> Vec<usize> {
    let frames = (LOG_HEADER_BYTES..log.len()).step_by(FRAME_BYTES);
    frames.filter(|at| log[at + 4..at + 8] != [0; 4]).collect()
}

// A power cut may take what is remembered in store.lock back to an earlier state, or the file may be absent.
#[tokio::test]
async fn a_torn_tail_is_cut_and_everything_before_it_stays() {
    let specimen = specimen(40).await;
    for remembers in [true, false] {
        let copy = specimen.copy();
        edit(copy.path(), "store.lock", |bytes| bytes.clear());
        edit(copy.path(), "claviger.db-wal", |bytes| {
            let last = *commit_frames(bytes).last().unwrap();
            if remembers { bytes.truncate(last + 100) } else { bytes[last + 5000] ^= 4 }
        });
        assert_holds(&open(copy.path()), &specimen.before_last, "torn").await;
    }
}

#[tokio::test]
async fn commits_behind_a_bad_frame_are_damage_and_not_a_torn_tail() {
    let specimen = specimen(40).await;
    let log = fs::read(specimen.directory.path().join("claviger.db-wal")).unwrap();
    let commits = commit_frames(&log);
    for at in [commits[0] + 30, commits[20] + 17, commits[commits.len() - 2] + 8000] {
        let copy = specimen.copy();
        edit(copy.path(), "store.lock", |bytes| bytes.clear());
        edit(copy.path(), "claviger.db-wal", |bytes| bytes[at] ^= 1);
        let refused = refusal(copy.path());
        let expected = "commits follow a bad frame of the log";
        assert!(matches!(&refused, OpenError::Damaged { finding, .. } if finding == expected), "{refused}");
    }
}

#[tokio::test]
async fn a_log_that_lost_acknowledged_commits_is_damage() {
    let specimen = specimen(40).await;
    let copy = specimen.copy();
    edit(copy.path(), "claviger.db-wal", |bytes| {
        let commits = commit_frames(bytes);
        bytes.truncate(commits[commits.len() - 2] + FRAME_BYTES);
    });
    let refused = refusal(copy.path());
    assert!(
        refused.to_string().contains("were acknowledged (store.lock), the database ends at"),
        "{refused}"
    );
}

fn tampered(directory: &Path, statement: &str) {
    let connection = rusqlite::Connection::open(directory.join("claviger.db")).unwrap();
    assert!(connection.execute(statement, []).unwrap() > 0);
}

#[tokio::test]
async fn rows_that_do_not_fit_their_checksums_are_damage() {
    let specimen = specimen(0).await;
    let cases = [
        ("UPDATE entry SET value = x'00' WHERE id = 10", "does not match its checksum"),
        ("UPDATE entry SET revision = revision - 1 WHERE id = 10", "does not match its checksum"),
        ("UPDATE entry SET path = 'other' WHERE id = 10", "does not match its checksum"),
        ("DELETE FROM entry WHERE id = 10", "entries where there were"),
        ("UPDATE meta SET entries = entries - 1", "the meta row does not match its checksum"),
        ("DELETE FROM meta", "no rows"),
    ];
    for (statement, expected) in cases {
        let copy = specimen.copy();
        tampered(copy.path(), statement);
        let refused = refusal(copy.path());
        let told = refused.to_string();
        assert!(
            matches!(refused, OpenError::Damaged { .. }) && told.contains(expected),
            "{statement}: {told}"
        );
    }
}
