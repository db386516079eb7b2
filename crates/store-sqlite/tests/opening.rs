//! What is opened and what is refused, and the files that come to be.

use crate::child::{arguments, command};
use crate::{open, put};
use claviger_store_sqlite::{OpenError, SqliteStore};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The bytes of the files that a refusal must not touch.
pub(crate) fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let kept = files.filter(|file| file.is_file() && !file.ends_with("claviger.db-shm"));
    kept.map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

/// The refusal of a directory, whose files stay as they are.
pub(crate) fn refusal(directory: &Path) -> OpenError {
    fs::File::options().create(true).append(true).open(directory.join("store.lock")).unwrap();
    let before = contents(directory);
    let refused = SqliteStore::open(directory, Box::new(|_| {})).err().expect("it was opened");
    assert!(before == contents(directory), "a refused store was written to: {refused}");
    refused
}

#[test]
fn what_is_not_our_database_is_refused() {
    let cases: [(&[u8], &str); 4] = [
        (b"", "shorter than any database"),
        (b"SQLite format 3\0", "shorter than any database"),
        (&[b'x'; 9000], "does not begin as an SQLite database does"),
        (&[0; 9000], "does not begin as an SQLite database does"),
    ];
    for (bytes, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("claviger.db"), bytes).unwrap();
        let refused = refusal(directory.path());
        assert!(
            matches!(&refused, OpenError::Foreign { finding, .. } if finding.contains(expected)),
            "{refused}"
        );
    }
}

#[test]
fn a_database_of_another_application_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(directory.path().join("claviger.db")).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE theirs (id INTEGER)").unwrap();
    drop(other);
    let refused = refusal(directory.path());
    let expected = "it is a database of another application";
    assert!(matches!(refused, OpenError::Foreign { finding, .. } if finding == expected));
}

#[test]
fn a_directory_in_the_place_of_the_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("claviger.db")).unwrap();
    assert!(matches!(refusal(directory.path()), OpenError::Foreign { finding: "it is not a file", .. }));
}

#[test]
fn a_file_in_the_place_of_the_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store");
    fs::write(&file, b"a file").unwrap();
    let refused = SqliteStore::open(&file, Box::new(|_| {})).err().unwrap();
    assert!(matches!(refused, OpenError::NotADirectory { .. }), "{refused}");
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let database = directory.path().join("claviger.db");
    let mut bytes = fs::read(&database).unwrap();
    bytes[63] += 1;
    fs::write(&database, bytes).unwrap();
    let refused = refusal(directory.path());
    assert!(matches!(refused, OpenError::Newer { found: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("was written by a newer version of Claviger"));
}

#[tokio::test]
async fn a_database_that_vanished_is_not_replaced_by_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let _ = put(&store, "a", b"1").await;
    drop(store);
    fs::remove_file(directory.path().join("claviger.db")).unwrap();
    assert!(
        refusal(directory.path())
            .to_string()
            .contains("acknowledged (store.lock), the database ends at revision 0")
    );
    fs::remove_file(directory.path().join("store.lock")).unwrap();
    assert!(refusal(directory.path()).to_string().contains("but no database"));
}

#[tokio::test]
async fn an_older_backup_is_refused_unless_it_is_restored_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let _ = put(&store, "a", b"1").await;
    drop(store);
    let backup = fs::read(directory.path().join("claviger.db")).unwrap();
    let store = open(directory.path());
    let _ = put(&store, "a", b"2").await;
    drop(store);
    fs::write(directory.path().join("claviger.db"), backup).unwrap();
    assert!(
        matches!(refusal(directory.path()), OpenError::Damaged { finding, .. } if finding.contains("revision 2"))
    );
    fs::remove_file(directory.path().join("store.lock")).unwrap();
    drop(open(directory.path()));
}

#[test]
fn a_store_is_opened_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let again = SqliteStore::open(directory.path(), Box::new(|_| {})).err().unwrap();
    assert!(matches!(again, OpenError::AlreadyOpen { .. }), "{again}");
    let elsewhere = || {
        let output = command(&arguments("child::opens_and_says_how_it_went"), directory.path(), 0, 1)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(elsewhere().contains("is already open in another process"));
    drop(store);
    assert!(elsewhere().contains("opened Ok(())"));
}

#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("store with a % and a ?");
    let store = open(&directory);
    let _ = put(&store, "a", b"1").await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in ["claviger.db", "claviger.db-wal", "claviger.db-shm", "store.lock"] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    drop(store);
    drop(open(&directory));
}

#[test]
fn a_creation_that_was_cut_off_is_begun_anew() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("claviger.db.new"), b"SQLite format 3\0 and then the power went")
        .unwrap();
    drop(open(directory.path()));
    assert!(!directory.path().join("claviger.db.new").exists());
}
