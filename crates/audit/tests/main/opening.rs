//! Opening a trail: where it ended, in what state, and by whom.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use claviger_audit::{Breach, ChainBroken, Limits, OpenError, Record, Trail, verify_chain};

use crate::sample::{call, files_ending, marked_parameters, marks, only_file};

pub(crate) fn append(trail: &Trail, mark: &str) {
    let parameters = marked_parameters(mark);
    let record = Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") };
    trail.append(&record).unwrap().wait().unwrap();
}

pub(crate) fn written(directory: &Path, marks: &[&str]) {
    let trail = Trail::open(directory, Limits::default()).unwrap();
    marks.iter().for_each(|mark| append(&trail, mark));
}

pub(crate) fn add_bytes(file: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(file).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_torn_tail_is_set_aside_and_everything_acknowledged_stays() {
    let directory = tempfile::tempdir().unwrap();
    let long = vec![0; 600 * 1024];
    for (mark, tail) in [("a", &b"{\"eventVers"[..]), ("b", b"\0\0\0"), ("c", b"x"), ("d", &long)] {
        written(directory.path(), &[mark]);
        add_bytes(&only_file(directory.path()), tail);
        assert_eq!(verify_chain(directory.path()).unwrap().unfinished_bytes, tail.len() as u64);
    }
    written(directory.path(), &["e"]);
    assert_eq!(marks(directory.path()), ["a", "b", "c", "d", "e"]);
    let summary = verify_chain(directory.path()).unwrap();
    assert_eq!((summary.records, summary.unfinished_bytes), (5, 0));
    let torn = fs::read(&files_ending(directory.path(), "torn")[0]).unwrap();
    assert!(torn.starts_with(b"{\"eventVers\n\0\0\0\nx\n\0"));
    assert_eq!(torn.len(), 11 + 1 + 3 + 1 + 1 + 1 + long.len() + 1);
}

#[test]
fn what_is_malformed_otherwise_is_refused_and_left_as_it_is() {
    let too_long = [&vec![0; 600 * 1024], &b"\n"[..]].concat();
    for (wrong, breach) in [
        (&b"{}\n"[..], Breach::Malformed),
        (&too_long, Breach::Malformed),
        (b"\n{\"eventVersion\"", Breach::Malformed),
        (
            b"{\"a\":1,\"chain\":\"0000000000000000000000000000000000000000000000000000000000000000\"}\n",
            Breach::Chain,
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        written(directory.path(), &["a"]);
        let file = only_file(directory.path());
        add_bytes(&file, wrong);
        let before = fs::read(&file).unwrap();
        let error = Trail::open(directory.path(), Limits::default()).unwrap_err();
        let OpenError::Damaged(broken) = error else { panic!("{error:?}") };
        assert_eq!(broken, ChainBroken { file: file.clone(), line: 3, breach });
        assert_eq!(fs::read(&file).unwrap(), before);
        assert_eq!(files_ending(directory.path(), "torn").len(), 0);
    }
}

#[test]
fn a_file_without_its_heading_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path(), &["a"]);
    let file = only_file(directory.path());
    let whole = fs::read_to_string(&file).unwrap();
    let (heading, record) = whole.split_once('\n').unwrap();
    let other_version = heading.replace("\"formatVersion\":1", "\"formatVersion\":2") + "\n";
    for content in ["", heading, record, &other_version] {
        fs::write(&file, content).unwrap();
        let error = Trail::open(directory.path(), Limits::default()).unwrap_err();
        let OpenError::Damaged(broken) = error else { panic!("{error:?}") };
        assert_eq!(broken, ChainBroken { file: file.clone(), line: 1, breach: Breach::Heading });
    }
}

#[test]
fn a_trail_is_open_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let first = Trail::open(directory.path(), Limits::default()).unwrap();
    let second = Trail::open(directory.path(), Limits::default());
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");
    drop(first);
    assert!(Trail::open(directory.path(), Limits::default()).is_ok());
}

#[test]
fn only_the_owner_may_read_the_trail() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("trail");
    written(&directory, &["a"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    add_bytes(&only_file(&directory), b"torn");
    written(&directory, &["b"]);
    assert_eq!((mode(&directory), mode(&only_file(&directory))), (0o700, 0o600));
    assert_eq!(mode(&files_ending(&directory, "torn")[0]), 0o600);
}

#[test]
fn a_file_that_was_never_begun_is_cleared_away() {
    let directory = tempfile::tempdir().unwrap();
    let unfinished = directory.path().join("trail-20261121T220332Z-0000000001.new");
    fs::write(&unfinished, "{\"eventVers").unwrap();
    drop(Trail::open(directory.path(), Limits::default()).unwrap());
    assert!(!unfinished.exists());
    written(directory.path(), &["a"]);
    assert_eq!(marks(directory.path()), ["a"]);
}
