//! Following a trail across files, restarts and losses.

use std::fs::{self, OpenOptions};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use claviger_audit::{
    Batch, Durability, FollowFault, Follower, Limits, Position, RECORDED_MEMBER_BYTES_MAX, Record, Shown,
    Trail,
};

use crate::opening::append;
use crate::sample::{call, files_ending, followed, mark_of, only_file};

/// Files of the least size: a few hundred records each.
const SMALL: Limits = Limits { file_bytes_max: 0, durability: Durability::OperatingSystem };

/// Records of the greatest length that are more than waits for whoever follows.
const RECORDS_TOO_LONG_TO_WAIT: u64 = 200;

/// Records that fill three such files.
const THREE_FILES: u64 = 1_500;

fn open(directory: &Path) -> Arc<Trail> {
    Arc::new(Trail::open(directory, SMALL).unwrap())
}

/// The marks of what comes next, and where one stands behind each.
fn marks_of(batch: &Batch) -> Vec<(String, Position)> {
    let entries = batch.entries();
    assert_eq!(entries.len(), batch.len());
    entries.iter().map(|entry| (mark_of(entry.text), entry.after)).collect()
}

/// The marks of all that is there from here on, and where one stands behind each.
fn rest(follower: &mut Follower) -> Vec<(String, Position)> {
    followed(follower, |entry| (mark_of(entry.text), entry.after))
}

#[test]
fn every_record_is_followed_once_across_files_and_from_anywhere() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    let expected: Vec<String> = (0..THREE_FILES).map(|number| number.to_string()).collect();
    expected.iter().for_each(|mark| append(&trail, mark));
    assert!(files_ending(directory.path(), "jsonl").len() > 2);
    let all = rest(&mut Follower::new(trail.clone(), None));
    assert!(all.iter().map(|(mark, _)| mark).eq(&expected));
    for from in (0..all.len()).step_by(97) {
        let position: Position = all[from].1.to_string().parse().unwrap();
        let later = rest(&mut Follower::new(trail.clone(), Some(position)));
        assert_eq!(later, all[from + 1..], "from behind record {from}");
    }
}

#[test]
fn a_record_that_fills_most_of_what_is_read_at_a_time_is_followed_among_others() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    let large = Shown::new().text("x", &"y".repeat(RECORDED_MEMBER_BYTES_MAX - 8)).done();
    let long = Record {
        request_parameters: large.as_ref(),
        response_elements: large.as_ref(),
        ..call(1, "Encrypt")
    };
    append(&trail, "before");
    trail.append(&long).unwrap().wait().unwrap();
    append(&trail, "behind");
    let lengths = followed(&mut Follower::new(trail, None), |entry| entry.text.len());
    assert_eq!(lengths.len(), 3);
    assert!(lengths[1] > 2 * RECORDED_MEMBER_BYTES_MAX - 16, "{lengths:?}");
}

#[test]
fn what_is_appended_later_is_followed_later_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    let mut follower = Follower::new(trail.clone(), None);
    assert!(follower.read().unwrap().is_empty());
    append(&trail, "a");
    assert_eq!(marks_of(&follower.read().unwrap())[0].0, "a");
    assert!(follower.read().unwrap().is_empty());
    let position = follower.position();
    drop((trail, follower));
    let trail = open(directory.path());
    append(&trail, "b");
    let marks = rest(&mut Follower::new(trail, Some(position)));
    assert_eq!(marks.iter().map(|(mark, _)| &**mark).collect::<Vec<_>>(), ["b"]);
}

/// All that is there from here on, as text.
fn told(follower: &mut Follower) -> Vec<String> {
    followed(follower, |entry| format!("{entry:?}"))
}

#[test]
fn what_is_handed_over_is_what_the_files_say() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    let (mut present, mut handed_over) = (Follower::new(trail.clone(), None), Vec::new());
    for number in 0..THREE_FILES {
        append(&trail, &number.to_string());
        if number % 7 == 0 {
            handed_over.extend(told(&mut present));
        }
    }
    handed_over.extend(told(&mut present));
    assert_eq!(handed_over, told(&mut Follower::new(trail, None)));
}

#[test]
fn whoever_keeps_up_is_handed_the_records_and_reads_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    let mut follower = Follower::new(trail.clone(), None);
    append(&trail, "before");
    rest(&mut follower);
    append(&trail, "a");
    append(&trail, "b");
    fs::remove_file(only_file(directory.path())).unwrap();
    let marks = rest(&mut follower);
    assert_eq!(marks.iter().map(|(mark, _)| &**mark).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(follower.position(), trail.end());
}

#[test]
fn whoever_falls_behind_what_waits_reads_the_files_until_caught_up() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Arc::new(Trail::open(directory.path(), Limits::default()).unwrap());
    let mut follower = Follower::new(trail.clone(), None);
    let large = Shown::new().text("x", &"y".repeat(RECORDED_MEMBER_BYTES_MAX - 8)).done();
    let long = Record { request_parameters: large.as_ref(), ..call(1, "Encrypt") };
    for _ in 0..RECORDS_TOO_LONG_TO_WAIT {
        trail.append(&long).unwrap().wait().unwrap();
    }
    let numbers = followed(&mut follower, |entry| entry.after.records);
    assert!(numbers.into_iter().eq(1..=RECORDS_TOO_LONG_TO_WAIT));
    append(&trail, "later");
    fs::remove_file(only_file(directory.path())).unwrap();
    assert_eq!(rest(&mut follower)[0].0, "later");
}

#[test]
fn records_that_were_taken_away_unread_are_told_and_the_rest_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    (0..THREE_FILES).for_each(|number| append(&trail, &number.to_string()));
    fs::remove_file(&files_ending(directory.path(), "jsonl")[0]).unwrap();
    let mut follower = Follower::new(trail, None);
    let Err(FollowFault::TakenAway { from: 0, to }) = follower.read() else { panic!("nothing was told") };
    let marks = rest(&mut follower);
    assert_eq!(marks[0].0, to.to_string());
    assert_eq!(marks.len() as u64, THREE_FILES - to);
}

#[test]
fn a_damaged_heading_is_told_of_once_and_the_records_behind_it_are_followed() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    (0..THREE_FILES).for_each(|number| append(&trail, &number.to_string()));
    let damaged = &files_ending(directory.path(), "jsonl")[1];
    let text = fs::read_to_string(damaged).unwrap().replacen("StartTrailFile", "StartTrialFile", 1);
    fs::write(damaged, text).unwrap();
    let (mut follower, mut marks) = (Follower::new(trail, None), Vec::new());
    let fault = loop {
        match follower.read() {
            Ok(batch) => marks.extend(marks_of(&batch)),
            Err(fault) => break fault,
        }
    };
    assert!(matches!(&fault, FollowFault::NoRecord { path, offset: 0 } if path == damaged), "{fault}");
    marks.extend(rest(&mut follower));
    assert_eq!(marks.len() as u64, THREE_FILES);
    assert_eq!(marks.last().unwrap().1.records, THREE_FILES);
}

#[test]
fn whoever_read_further_than_the_trail_now_goes_is_told_and_follows_what_comes() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    append(&trail, "lost with the power");
    append(&trail, "lost as well");
    let mut follower = Follower::new(trail.clone(), None);
    rest(&mut follower);
    let position = follower.position();
    drop((trail, follower));
    let newest = files_ending(directory.path(), "jsonl").pop().unwrap();
    let heading = fs::read(&newest).unwrap().iter().position(|byte| *byte == b'\n').unwrap() + 1;
    OpenOptions::new().write(true).open(&newest).unwrap().set_len(heading as u64).unwrap();
    let trail = open(directory.path());
    let mut follower = Follower::new(trail.clone(), Some(position));
    let fault = follower.read().unwrap_err();
    assert!(matches!(fault, FollowFault::Cut { read: 2, there: 0 }), "{fault}");
    append(&trail, "new");
    assert_eq!(rest(&mut follower)[0].0, "new");
}

#[test]
fn a_trail_in_memory_is_followed_and_what_it_dropped_is_told() {
    let trail = Arc::new(Trail::in_memory(NonZeroUsize::new(3).unwrap()));
    let mut follower = Follower::new(trail.clone(), None);
    append(&trail, "1");
    assert_eq!(rest(&mut follower).len(), 1);
    (2..=6).for_each(|number| append(&trail, &number.to_string()));
    let fault = follower.read().unwrap_err();
    assert!(matches!(fault, FollowFault::TakenAway { from: 1, to: 3 }), "{fault}");
    let marks = rest(&mut follower);
    assert_eq!(marks.iter().map(|(mark, _)| &**mark).collect::<Vec<_>>(), ["4", "5", "6"]);
}

#[test]
fn with_durability_disk_only_what_is_flushed_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { durability: Durability::Disk, ..SMALL };
    let trail = Arc::new(Trail::open(directory.path(), limits).unwrap());
    let mut follower = Follower::new(trail.clone(), None);
    append(&trail, "flushed");
    assert_eq!(rest(&mut follower)[0].0, "flushed");
}
