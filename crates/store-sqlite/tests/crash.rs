//! A process that dies, and a disk that fails: what was acknowledged is there.

use crate::child::{arguments, command, value};
use crate::{open, path};
use claviger_store::{Revision, Store};
use claviger_testkit::conformance::Dice;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

const KILLS: u32 = 20;
const WRITERS: usize = 4;

/// A path and the revision under which it was acknowledged.
type Acknowledged = (Revision, String);

fn acknowledged(lines: &str) -> Vec<Acknowledged> {
    let parse = |line: &str| {
        let (revision, text) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
        Some((Revision(revision.parse().ok()?), text.to_owned()))
    };
    lines.lines().filter_map(parse).collect()
}

async fn assert_all_there(directory: &std::path::Path, all: &[Acknowledged]) {
    let store = open(directory);
    for (revision, text) in all {
        let entry = store.read(&path(text)).await.unwrap().unwrap_or_else(|| panic!("{text} was lost"));
        assert_eq!((entry.revision, entry.value), (*revision, value(text)), "{text}");
    }
}

/// Starts the child, kills it behind `count` lines, and gives all that it said, but for a line cut off.
fn killed_after(count: usize, directory: &std::path::Path, run: u32) -> String {
    let mut child = command(&arguments("child::writes_until_stopped"), directory, run, WRITERS)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    for _ in 0..count {
        out.read_line(&mut said).unwrap();
    }
    child.kill().unwrap();
    out.read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    said.truncate(said.rfind('\n').map_or(0, |at| at + 1));
    said
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(9);
    let mut all = vec![];
    for run in 0..KILLS {
        let said = killed_after(10 + dice.below(600), directory.path(), run);
        all.extend(acknowledged(&said));
        assert_all_there(directory.path(), &all).await;
    }
    assert!(all.len() > 100 * KILLS as usize / 2, "only {} were acknowledged", all.len());
}

/// What the child says when strace makes its `nth` call of `calls` fail.
fn said_with_fault(calls: &str, nth: u32, directory: &std::path::Path, writers: usize) -> String {
    let inject = format!("inject={calls}:error=EIO:when={nth}");
    let strace = ["strace", "-f", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject];
    let words: Vec<String> =
        strace.map(str::to_owned).into_iter().chain(arguments("child::writes_until_stopped")).collect();
    let output = command(&words, directory, nth, writers).output().expect("strace is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn assert_stops(calls: &str, nth: u32, writers: usize) {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let said = said_with_fault(calls, nth, directory.path(), writers);
    let begin = |word| said.lines().filter(|line| line.starts_with(word)).collect::<Vec<_>>();
    let failed = said.find("failed ").unwrap_or_else(|| panic!("no failure was told: {said}"));
    assert_eq!(begin("failed ").len(), 1, "{said}");
    assert!(said[failed..].starts_with("failed the store cannot be reached: disk I/O error"), "{said}");
    // Of several writers one may only now say what was acknowledged before: a lone one cannot.
    let behind = said[failed..].contains("acknowledged");
    assert!(!behind || writers > 1, "acknowledged behind a failed {calls}: {said}");
    assert_eq!(begin("refused "), vec!["refused Stopped"; writers], "{said}");
    assert_eq!((begin("later "), begin("scrub ")), (vec!["later Stopped"], vec!["scrub Stopped"]), "{said}");
    let all = acknowledged(&said);
    assert!(!all.is_empty(), "{said}");
    assert_all_there(directory.path(), &all).await;
}

#[tokio::test]
async fn a_failed_flush_stops_the_store_and_acknowledges_nothing() {
    for (nth, writers) in [(6, 1), (7, 1), (20, 1), (20, WRITERS)] {
        assert_stops("fsync,fdatasync", nth, writers).await;
    }
}

#[tokio::test]
async fn a_failed_write_stops_the_store_and_acknowledges_nothing() {
    for nth in [30, 31, 32, 33, 34, 35, 90] {
        assert_stops("pwrite64", nth, 1).await;
        assert_stops("pwrite64", nth, WRITERS).await;
    }
}
