//! Verification finds whatever was changed, removed or reordered, and names the place.

use std::fs;
use std::path::Path;

use claviger_audit::{
    Breach, Chain, ChainBroken, Head, Limits, MalformedHead, OpenError, Record, Trail, verify_chain,
    verify_head,
};
use jiff::SignedDuration;

use crate::opening::{add_bytes, append, written};
use crate::sample::{call, files_ending, marked_parameters, only_file};

fn breach(directory: &Path) -> (u64, Breach) {
    let broken = verify_chain(directory).unwrap_err();
    (broken.line, broken.breach)
}

/// A trail of three files: ten records of 100 KiB each do not fit into one.
pub(crate) fn three_files(directory: &Path) {
    let trail = Trail::open(directory, Limits { file_bytes_max: 0, ..Limits::default() }).unwrap();
    (0..12).for_each(|_| append(&trail, &"x".repeat(99 * 1024)));
    assert_eq!(files_ending(directory, "jsonl").len(), 3);
}

#[test]
fn each_change_to_a_file_breaks_the_chain_where_it_was_made() {
    type Change = fn(&mut Vec<&str>);
    let changes: [(Change, u64, Breach); 5] = [
        (
            |lines| {
                lines.remove(2);
            },
            3,
            Breach::Chain,
        ),
        (|lines| lines.swap(1, 2), 2, Breach::Chain),
        (|lines| lines.insert(2, lines[1]), 3, Breach::Chain),
        (
            |lines| {
                lines.remove(0);
            },
            1,
            Breach::Heading,
        ),
        (|lines| lines.insert(2, ""), 3, Breach::Malformed),
    ];
    for (change, line, expected) in changes {
        let directory = tempfile::tempdir().unwrap();
        written(directory.path(), &["a", "b", "c"]);
        let file = only_file(directory.path());
        let text = fs::read_to_string(&file).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        change(&mut lines);
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        assert_eq!(breach(directory.path()), (line, expected));
    }
}

#[test]
fn no_byte_of_a_trail_can_be_changed_unseen() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path(), &["a", "b"]);
    let file = only_file(directory.path());
    let whole = fs::read(&file).unwrap();
    let last = whole.len() - 1;
    for at in 0..last {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&file, changed).unwrap();
        assert!(verify_chain(directory.path()).is_err(), "byte {at}");
    }
}

#[test]
fn a_trail_cut_off_at_its_end_shows_in_its_head() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path(), &["a"]);
    let shorter = verify_chain(directory.path()).unwrap();
    written(directory.path(), &["b"]);
    let longer = verify_chain(directory.path()).unwrap();
    assert_eq!((shorter.records, longer.records), (1, 2));
    assert_ne!(shorter.head, longer.head);
    let trail = Trail::open(directory.path(), Limits::default()).unwrap();
    assert_eq!(trail.head(), Some((2, longer.head)));
}

#[test]
fn a_trail_comes_through_every_head_that_it_had() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits { file_bytes_max: 0, ..Limits::default() }).unwrap();
    let mut heads = vec![Head { records: 0, chain: Chain::genesis() }];
    verify_head(directory.path(), &heads[0]).unwrap();
    for _ in 0..12 {
        append(&trail, &"x".repeat(99 * 1024));
        let (records, chain) = trail.head().unwrap();
        heads.push(Head { records, chain });
    }
    assert!(files_ending(directory.path(), "jsonl").len() > 2);
    for head in &heads {
        assert_eq!(verify_head(directory.path(), &head.to_string().parse().unwrap()), Ok(()));
    }
    assert_eq!(verify_chain(directory.path()).unwrap().head(), heads[12]);
    fs::remove_file(&files_ending(directory.path(), "jsonl")[0]).unwrap();
    let outcomes =
        heads.iter().map(|head| verify_head(directory.path(), head).map_err(|broken| broken.breach));
    let archived = outcomes.take_while(|outcome| *outcome == Err(Breach::Archived)).count();
    assert_eq!(archived as u64, verify_chain(directory.path()).unwrap().records_before);
    for head in &heads[archived..] {
        assert_eq!(verify_head(directory.path(), head), Ok(()));
    }
}

#[test]
fn an_end_cut_off_or_written_anew_shows_beside_a_head_kept_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let empty = Head { records: 1, chain: Chain::genesis() };
    let broken = verify_head(directory.path(), &empty).unwrap_err();
    assert_eq!((broken.file.as_path(), broken.breach), (directory.path(), Breach::CutOff { records: 0 }));
    written(directory.path(), &["a", "b"]);
    let file = only_file(directory.path());
    let short = fs::read(&file).unwrap();
    written(directory.path(), &["c", "d"]);
    let kept = verify_chain(directory.path()).unwrap().head();
    let of = |line, breach| Err(ChainBroken { file: file.clone(), line, breach });
    fs::write(&file, &short).unwrap();
    assert_eq!(verify_head(directory.path(), &kept), of(4, Breach::CutOff { records: 2 }));
    written(directory.path(), &["c", "e", "f"]);
    assert!(verify_chain(directory.path()).is_ok());
    assert_eq!(verify_head(directory.path(), &kept), of(5, Breach::Unexpected { records: 4 }));
}

#[test]
fn a_head_is_a_number_and_a_value_of_the_chain() {
    let chain = Chain::genesis().to_string();
    for wrong in
        ["", ":", "1", &chain, &format!(":{chain}"), &format!("1:{}", &chain[1..]), &format!("1:{chain}0")]
    {
        assert_eq!(wrong.parse::<Head>(), Err(MalformedHead), "{wrong}");
    }
    assert_eq!(format!("7:{chain}").parse(), Ok(Head { records: 7, chain: Chain::genesis() }));
}

#[test]
fn files_that_are_missing_swapped_or_unfinished_are_named() {
    let directory = tempfile::tempdir().unwrap();
    three_files(directory.path());
    let files = files_ending(directory.path(), "jsonl");
    let second = fs::read(&files[1]).unwrap();

    add_bytes(&files[1], b"{");
    assert_eq!(breach(directory.path()), (1, Breach::Unfinished));
    fs::copy(&files[2], &files[1]).unwrap();
    assert_eq!(breach(directory.path()), (1, Breach::Heading));
    fs::remove_file(&files[1]).unwrap();
    assert_eq!(breach(directory.path()), (1, Breach::FileMissing { sequence: 2 }));
    let error = Trail::open(directory.path(), Limits::default()).unwrap_err();
    assert!(
        matches!(error, OpenError::Damaged(broken) if broken.breach == Breach::FileMissing { sequence: 2 })
    );
    fs::write(&files[1], second).unwrap();
    assert_eq!(verify_chain(directory.path()).unwrap().records, 12);
}

#[test]
fn a_trail_whose_oldest_files_were_archived_still_verifies_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    three_files(directory.path());
    let whole = verify_chain(directory.path()).unwrap();
    fs::remove_file(&files_ending(directory.path(), "jsonl")[0]).unwrap();
    let rest = verify_chain(directory.path()).unwrap();
    assert!(rest.records_before > 0);
    assert_eq!((rest.files, rest.records_before + rest.records, rest.head), (2, whole.records, whole.head));
}

#[test]
fn files_are_in_the_order_of_their_numbers_also_when_the_clock_was_put_back() {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits { file_bytes_max: 0, ..Limits::default() }).unwrap();
    let parameters = marked_parameters(&"x".repeat(99 * 1024));
    for hours in 0..12 {
        let mut record = Record { request_parameters: Some(&parameters), ..call(1, "Encrypt") };
        record.event_time -= SignedDuration::from_hours(hours);
        trail.append(&record).unwrap().wait().unwrap();
    }
    drop(trail);
    let summary = verify_chain(directory.path()).unwrap();
    assert_eq!((summary.files, summary.records), (3, 12));
    written(directory.path(), &["more"]);
    assert_eq!(verify_chain(directory.path()).unwrap().records, 13);
}
