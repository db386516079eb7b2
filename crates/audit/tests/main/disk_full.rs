//! A disk without room: appends are refused, nothing half-written stays, and the trail goes on when there is room.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use claviger_audit::{Durability, Follower, Health, Limits, Record, Trail, TrailError, verify_chain};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::sample::{CHILD_DIRECTORY, call, child, followed, mark_of, marked_parameters, marks, only_file};

/// No multiple of a line, so that the last write is cut short.
const ROOM_BYTES: u64 = 100_003;

fn file_size_limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

fn append(trail: &Trail, mark: &str) -> Result<(), TrailError> {
    let parameters = marked_parameters(mark);
    trail.append(&Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") })?.wait()
}

/// Appends until it is refused; how many were taken.
fn fill(trail: &Trail, name: &str) -> (usize, TrailError) {
    (0..).find_map(|n| append(trail, &format!("{name}-{n}")).err().map(|error| (n, error))).unwrap()
}

#[test]
#[ignore = "runs as the child of the disk-full test"]
fn child_meets_a_full_disk() {
    let Some(directory) = std::env::var_os(CHILD_DIRECTORY) else { return };
    let directory = Path::new(&directory);
    for durability in [Durability::OperatingSystem, Durability::Disk] {
        meet_a_full_disk(&directory.join(format!("{durability:?}")), durability);
    }
    writeln!(io::stdout(), "\nall is well").unwrap();
}

fn meet_a_full_disk(directory: &Path, durability: Durability) {
    let full = TrailError::Full(io::ErrorKind::FileTooLarge);
    let trail = Arc::new(Trail::open(directory, Limits { durability, ..Limits::default() }).unwrap());
    let mut follower = Follower::new(trail.clone(), None);
    file_size_limit(Some(ROOM_BYTES));
    let (taken, error) = fill(&trail, "before");
    assert_eq!(error, full);
    assert_eq!(trail.health(), Health::Failed(full));
    let whole_bytes = std::fs::metadata(only_file(directory)).unwrap().len();
    assert!(whole_bytes < ROOM_BYTES, "the unfinished line was cut off");
    assert_eq!(verify_chain(directory).unwrap().unfinished_bytes, 0);
    assert_eq!(append(&trail, "refused"), Err(full), "there is still no room");
    assert_eq!(trail.probe(), Health::Failed(full), "there is still no room");
    assert_eq!(std::fs::metadata(only_file(directory)).unwrap().len(), whole_bytes);

    file_size_limit(None);
    assert_eq!(trail.probe(), Health::Writing);
    append(&trail, "after-0").unwrap();
    assert_eq!(trail.health(), Health::Writing);

    file_size_limit(Some(std::fs::metadata(only_file(directory)).unwrap().len() + 10));
    assert_eq!(append(&trail, "refused"), Err(full));
    file_size_limit(None);
    append(&trail, "after-1").unwrap();
    assert_eq!(trail.health(), Health::Writing, "an append that succeeds is as good as a probe");

    let mut expected: Vec<_> = (0..taken).map(|n| format!("before-{n}")).collect();
    expected.extend(["after-0".to_owned(), "after-1".to_owned()]);
    assert_eq!(marks(directory), expected);
    assert_eq!(followed(&mut follower, |entry| mark_of(entry.text)), expected);
    assert_eq!(verify_chain(directory).unwrap().records, expected.len() as u64);
}

#[test]
fn a_full_disk_refuses_records_and_the_trail_goes_on_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let output = child("disk_full::child_meets_a_full_disk", directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("all is well"), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
