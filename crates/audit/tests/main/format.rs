//! The format of a trail's files, as `docs/trail-format.md` promises it to auditors.

use std::fs;
use std::path::Path;
use std::process::Command;

use claviger_audit::{Breach, Limits, Trail, read_trail, verify_chain};
use serde_json::Value;

use crate::golden::golden;
use crate::opening::{append, written};
use crate::sample::{call, files_ending, json_of, only_file};
use crate::tampering::three_files;

/// `,"chain":"`, 64 digits, `"}`.
const SUFFIX_BYTES: usize = 76;

const PAGE: &str = include_str!("../../../../docs/trail-format.md");

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

fn without_chain(line: &str) -> String {
    format!("{}}}", &line[..line.len() - SUFFIX_BYTES])
}

#[test]
fn every_line_is_one_cloudtrail_record_with_its_chain_value_last() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path(), &["a", "b"]);
    let lines = lines(&only_file(directory.path()));
    assert_eq!(lines.len(), 3);
    for line in lines {
        let mut record: Value = serde_json::from_str(&line).unwrap();
        let required = "eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress \
                        requestParameters responseElements eventID eventType managementEvent readOnly eventCategory";
        assert!(required.split(' ').all(|member| record.get(member).is_some()), "{line}");
        let chain = record.as_object_mut().unwrap().remove("chain").unwrap();
        assert_eq!(chain.as_str().unwrap().len(), 64);
        assert!(line.ends_with(&format!(",\"chain\":{chain}}}")));
        assert_eq!(serde_json::from_str::<Value>(&without_chain(&line)).unwrap(), record);
    }
}

#[test]
fn a_file_begins_with_the_heading_of_the_corpus() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits::default()).unwrap();
    trail.append(&call(1, "Encrypt")).unwrap().wait().unwrap();
    assert_eq!(without_chain(&lines(&only_file(directory.path()))[0]), golden("StartTrailFile"));
}

#[test]
fn reading_gives_the_records_as_they_were_written_without_headings_and_chain_values() {
    let directory = tempfile::tempdir().unwrap();
    for event_name in ["Encrypt", "Decrypt"] {
        let trail = Trail::open(directory.path(), Limits::default()).unwrap();
        trail.append(&call(1, event_name)).unwrap().wait().unwrap();
    }
    let read: Vec<_> = read_trail(directory.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, [json_of(&call(1, "Encrypt")), json_of(&call(1, "Decrypt"))]);
}

#[test]
fn headings_follow_the_chain_and_no_two_have_the_same_identifier() {
    let directory = tempfile::tempdir().unwrap();
    three_files(directory.path());
    let files = files_ending(directory.path(), "jsonl").into_iter().map(|file| lines(&file));
    let mut ids = Vec::new();
    let mut before = (0, None);
    for (sequence, lines) in (1..).zip(files) {
        let heading: Value = serde_json::from_str(&lines[0]).unwrap();
        let details = &heading["serviceEventDetails"];
        assert_eq!((&details["sequence"], &details["recordsBefore"]), (&sequence.into(), &before.0.into()));
        let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        assert!(before.1.is_none_or(|chain| chain == details["previousChain"]));
        before = (before.0 + lines.len() - 1, Some(last["chain"].clone()));
        ids.push(heading["eventID"].clone());
    }
    let other = tempfile::tempdir().unwrap();
    written(other.path(), &["another record"]);
    let heading: Value = serde_json::from_str(&lines(&only_file(other.path()))[0]).unwrap();
    ids.push(heading["eventID"].clone());
    assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)), "{ids:?}");
}

#[test]
fn a_line_whose_suffix_is_written_otherwise_is_malformed() {
    let upper_case = |line: &str| {
        let (record, suffix) = line.split_at(line.len() - SUFFIX_BYTES);
        format!("{record}{}", suffix.to_ascii_uppercase().replace("CHAIN", "chain"))
    };
    let changes: [fn(&str) -> String; 4] = [
        |line| line.replace(",\"chain\":", ", \"chain\":"),
        |line| format!("{line} "),
        |line| line.replace("\"}", "\",\"more\":1}"),
        |line| format!(" {line}"),
    ];
    for change in changes.into_iter().chain([upper_case as fn(&str) -> String]) {
        let directory = tempfile::tempdir().unwrap();
        written(directory.path(), &["a"]);
        let file = only_file(directory.path());
        let mut lines = lines(&file);
        lines[1] = change(&lines[1]);
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        let broken = verify_chain(directory.path()).unwrap_err();
        assert_eq!((broken.line, broken.breach), (2, Breach::Malformed), "{}", lines[1]);
    }
}

/// Runs the page's program on a trail: whether it holds, and what was said.
fn audited(directory: &Path) -> (bool, String) {
    let (_, program) = PAGE.split_once("```python\n").unwrap();
    let (program, _) = program.split_once("```").unwrap();
    let output = Command::new("python3").args(["-c", program]).arg(directory).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn the_program_of_the_page_agrees_with_the_verification() {
    let directory = tempfile::tempdir().unwrap();
    three_files(directory.path());
    let summary = verify_chain(directory.path()).unwrap();
    let head = format!("{} records, chain {}\n", summary.records, summary.head);
    let (holds, said) = audited(directory.path());
    assert!(holds && said.ends_with(&head), "{said}");
    fs::remove_file(&files_ending(directory.path(), "jsonl")[0]).unwrap();
    assert!(audited(directory.path()).0, "the oldest file may have been archived");
    append(&Trail::open(directory.path(), Limits::default()).unwrap(), "one more");
    assert!(audited(directory.path()).0);
}

#[test]
fn the_program_of_the_page_finds_a_changed_byte_and_a_missing_file() {
    let directory = tempfile::tempdir().unwrap();
    three_files(directory.path());
    let second = &files_ending(directory.path(), "jsonl")[1];
    let whole = fs::read(second).unwrap();
    let lines: Vec<_> = whole.split_inclusive(|&byte| byte == b'\n').collect();
    for at in [60, lines[0].len() - 10, lines[0].len() + 200] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(second, changed).unwrap();
        let (holds, said) = audited(directory.path());
        let line = if at < lines[0].len() { 1 } else { 2 };
        assert!(
            !holds && said.ends_with(&format!("{}, line {line}: chain broken\n", second.display())),
            "{said}"
        );
    }
    fs::remove_file(second).unwrap();
    assert!(!audited(directory.path()).0);
}
