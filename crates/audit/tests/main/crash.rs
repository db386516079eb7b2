//! kill -9 under load: what was acknowledged is there, once.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;

use claviger_audit::{Durability, Limits, Record, Trail, verify_chain};

use crate::sample::{CHILD_DIRECTORY, call, child, files_ending, marked_parameters, marks};

const CYCLES: u64 = 15;

/// Which cycle the child runs.
const CYCLE: &str = "CLAVIGER_AUDIT_TEST_CYCLE";

/// Small files, so that some are followed by the next; every third cycle flushes to disk.
fn limits(cycle: u64) -> Limits {
    let durability = if cycle.is_multiple_of(3) { Durability::Disk } else { Durability::OperatingSystem };
    Limits { file_bytes_max: 0, durability }
}

#[test]
#[ignore = "runs as the child of the crash test"]
fn child_appends_until_killed() {
    let Some(directory) = std::env::var_os(CHILD_DIRECTORY) else { return };
    let cycle: u64 = std::env::var(CYCLE).unwrap().parse().unwrap();
    let trail = Trail::open(Path::new(&directory), limits(cycle)).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out).unwrap();
    for number in 0.. {
        let mark = format!("{cycle}-{number}");
        let parameters = marked_parameters(&mark);
        let record = Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") };
        trail.append(&record).unwrap().wait().unwrap();
        writeln!(out, "ack {mark}").unwrap();
    }
}

/// Runs the child until it has acknowledged `enough`, kills it, and says what it had acknowledged by then.
fn acknowledged_before_kill(directory: &Path, cycle: u64, enough: usize) -> Vec<String> {
    let mut command = child("crash::child_appends_until_killed", directory);
    let mut child = command.env(CYCLE, cycle.to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut acknowledged = Vec::new();
    for mark in lines.filter_map(|line| line.strip_prefix("ack ").map(str::to_owned)) {
        acknowledged.push(mark);
        if acknowledged.len() == enough {
            child.kill().unwrap();
        }
    }
    assert!(acknowledged.len() >= enough, "the child ended early: {}", child.wait().unwrap());
    child.wait().unwrap();
    // The last line may have been cut short by the kill, and is then no acknowledgement.
    acknowledged.truncate(acknowledged.len() - 1);
    acknowledged
}

#[test]
fn whatever_was_acknowledged_before_a_kill_is_in_the_trail_exactly_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for cycle in 0..CYCLES {
        let enough = 50 + 97 * usize::try_from(cycle).unwrap();
        acknowledged.extend(acknowledged_before_kill(directory.path(), cycle, enough));
        drop(Trail::open(directory.path(), Limits::default()).unwrap());
        let mut times = HashMap::<String, usize>::new();
        for mark in marks(directory.path()) {
            *times.entry(mark).or_default() += 1;
        }
        assert!(acknowledged.iter().all(|mark| times.get(mark) == Some(&1)), "cycle {cycle}");
        assert!(times.values().all(|&count| count == 1), "cycle {cycle}");
        let summary = verify_chain(directory.path()).unwrap();
        assert_eq!((summary.records, summary.unfinished_bytes), (times.len() as u64, 0), "cycle {cycle}");
    }
    assert!(files_ending(directory.path(), "jsonl").len() > 3);
}
