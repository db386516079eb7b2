//! The index beside a trail: what it spares, how it grows, and that it is never believed where it may be wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use claviger_audit::{
    Attribute, Batch, Consumer as _, Criterion, Entry, Follower, Index, Indexer, LookUpFault, Lookup,
    MalformedToken, Token, Trail,
};
use futures_util::FutureExt as _;
use jiff::SignedDuration;

use crate::past::{all, append, append_many, index, limit, naive, open, records, start};
use crate::sample::{files_ending, only_file};

/// Records that stand in one file of the least size, in two blocks, the second of which is unfinished.
const TWO_BLOCKS: u64 = 300;

/// Records of which three files of the least size become.
const THREE_FILES: u64 = 1_500;

fn named(name: &str) -> Lookup {
    Lookup { criteria: vec![Criterion::Is(Attribute::EventName, name.into())], ..Lookup::default() }
}

fn of_number(number: u64) -> Lookup {
    let id = format!("07070707-0707-4707-8000-{number:012x}");
    Lookup { criteria: vec![Criterion::Is(Attribute::EventId, id.into())], ..Lookup::default() }
}

fn indexed(directory: &Path, numbers: std::ops::Range<u64>) {
    let trail = open(directory);
    append_many(&trail, numbers);
    index(&trail, &mut Indexer::open(directory).unwrap());
}

fn read_all(trail: &Arc<Trail>) -> Vec<Batch> {
    let mut follower = Follower::new(Arc::clone(trail), None);
    let read = || follower.read().ok().filter(|batch| !batch.is_empty());
    std::iter::from_fn(read).collect()
}

fn entries_of(batches: &[Batch]) -> Vec<Entry<'_>> {
    batches.iter().flat_map(Batch::entries).collect()
}

/// Some look-ups agree with those that read everything.
fn assert_right(directory: &Path) {
    for lookup in [Lookup::default(), named("Decrypt"), named("Nothing"), of_number(7), of_number(270)] {
        let expected = naive(records(directory).into_iter(), &lookup);
        assert_eq!(all(&Index::of_directory(directory), &lookup), expected, "{lookup:?}");
    }
}

#[test]
fn a_block_that_cannot_hold_what_is_asked_for_is_not_read() {
    let of_account = Lookup { account: "999999999999".parse().ok(), ..Lookup::default() };
    let in_region = Lookup { region: "us-west-2".parse().ok(), ..Lookup::default() };
    let of_2027 = Lookup { from: "2027-01-01T00:00:00Z".parse().ok(), ..Lookup::default() };
    // Nobody but a reader of the lines themselves can know of the change.
    for (was, becomes, lookup) in [
        ("\"Encrypt\"", "\"Unknown\"", named("Unknown")),
        ("Id\":\"444455556666\"", "Id\":\"999999999999\"", of_account),
        ("\"us-east-1\"", "\"us-west-2\"", in_region),
        ("\"2026-11-21T", "\"2027-11-21T", of_2027),
    ] {
        let directory = tempfile::tempdir().unwrap();
        indexed(directory.path(), 0..TWO_BLOCKS);
        let file = only_file(directory.path());
        let text = fs::read_to_string(&file).unwrap();
        let (heading, records) = text.split_once('\n').unwrap();
        fs::write(&file, [heading, &records.replace(was, becomes)].join("\n")).unwrap();
        let past = Index::of_directory(directory.path());
        let behind_the_block = all(&past, &lookup).len();
        fs::remove_file(&files_ending(directory.path(), "idx")[0]).unwrap();
        let everywhere = all(&past, &lookup).len();
        assert!(0 < behind_the_block && behind_the_block < everywhere / 2, "{becomes}: {everywhere}");
    }
}

#[test]
fn the_first_and_the_last_second_that_are_asked_for_belong_to_the_answer() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    (0..300).for_each(|number| append(&trail, number, [0, 0, 0, 0, 0, 0, 0, (number / 2) as u8]));
    index(&trail, &mut Indexer::open(directory.path()).unwrap());
    let past = Index::of_directory(directory.path());
    for second in 0..150 {
        let time = Some(start() + SignedDuration::from_secs(second));
        let lookup = Lookup { from: time, to: time, ..Lookup::default() };
        assert_eq!(all(&past, &lookup).len(), 2, "{second}");
    }
}

#[test]
fn no_byte_of_an_index_can_be_changed_into_a_wrong_answer() {
    let directory = tempfile::tempdir().unwrap();
    indexed(directory.path(), 0..TWO_BLOCKS);
    let past = Index::of_directory(directory.path());
    let sidecar = &files_ending(directory.path(), "idx")[0];
    let whole = fs::read(sidecar).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 20) {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        for damaged in [&changed[..], &whole[..at]] {
            fs::write(sidecar, damaged).unwrap();
            assert!((0..TWO_BLOCKS).all(|number| all(&past, &of_number(number)).len() == 1), "byte {at}");
            assert_right(directory.path());
        }
    }
}

#[test]
fn the_index_of_a_trail_that_lost_its_end_is_not_believed_but_written_anew() {
    let directory = tempfile::tempdir().unwrap();
    indexed(directory.path(), 0..10);
    let file = only_file(directory.path());
    let short = fs::read(&file).unwrap();
    indexed(directory.path(), 10..TWO_BLOCKS);
    let sidecar = &files_ending(directory.path(), "idx")[0];
    let outdated = fs::read(sidecar).unwrap();
    fs::write(&file, short).unwrap();
    let trail = open(directory.path());
    append_many(&trail, 1_000..1_000 + TWO_BLOCKS);
    assert_right(directory.path());
    index(&trail, &mut Indexer::open(directory.path()).unwrap());
    assert_ne!(fs::read(sidecar).unwrap(), outdated);
    assert_right(directory.path());
}

#[test]
fn indexing_goes_on_where_it_ended_and_yields_the_same_index() {
    let (at_once, in_parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    indexed(at_once.path(), 0..THREE_FILES);
    for from in (0..THREE_FILES).step_by(100) {
        indexed(in_parts.path(), from..from + 100);
    }
    let content = |directory: &Path| {
        let files = files_ending(directory, "idx");
        files.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>()
    };
    assert!(content(at_once.path()) == content(in_parts.path()));
    let position = Indexer::open(in_parts.path()).unwrap().position().unwrap();
    assert!(position.records > THREE_FILES - 256, "{position}");
}

#[test]
fn an_index_that_is_missing_is_made_up_for_and_the_others_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    indexed(directory.path(), 0..THREE_FILES);
    let sidecars = files_ending(directory.path(), "idx");
    let before: Vec<_> = sidecars.iter().map(|file| fs::read(file).unwrap()).collect();
    fs::remove_file(&sidecars[1]).unwrap();
    let trail = open(directory.path());
    let mut indexer = Indexer::open(directory.path()).unwrap();
    assert_eq!(indexer.position().unwrap().file, 2);
    index(&trail, &mut indexer);
    let after: Vec<_> = sidecars.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(before == after);
    assert_eq!(indexer.position().unwrap().records, THREE_FILES);
}

#[test]
fn what_cannot_be_indexed_is_given_again_and_found_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    append_many(&trail, 0..TWO_BLOCKS);
    let sidecar = only_file(directory.path()).with_extension("idx");
    fs::create_dir(&sidecar).unwrap();
    let mut indexer = Indexer::open(directory.path()).unwrap();
    let batches = read_all(&trail);
    let entries = entries_of(&batches);
    assert!(indexer.take(&entries).now_or_never().unwrap().is_err());
    assert_right(directory.path());
    fs::remove_dir(&sidecar).unwrap();
    indexer.take(&entries).now_or_never().unwrap().unwrap();
    indexer.take(&entries).now_or_never().unwrap().unwrap();
    assert_right(directory.path());
    assert_eq!(Indexer::open(directory.path()).unwrap().position().unwrap().records, 256);
}

#[test]
fn a_line_that_is_no_record_is_passed_over_and_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    append_many(&trail, 0..TWO_BLOCKS);
    let file = only_file(directory.path());
    let text = fs::read_to_string(&file).unwrap();
    let (heading, lines) = text.split_once('\n').unwrap();
    let damaged = lines.replacen("\"readOnly\":", "\"readXnly\":", 20);
    fs::write(&file, [heading, &damaged].join("\n")).unwrap();
    index(&trail, &mut Indexer::open(directory.path()).unwrap());
    let past = Index::of_directory(directory.path());
    let lost = (0..TWO_BLOCKS).filter(|number| all(&past, &of_number(*number)).is_empty());
    assert!(lost.eq(0..20));
}

#[test]
fn records_that_the_index_was_not_given_are_found_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let trail = open(directory.path());
    append_many(&trail, 0..TWO_BLOCKS);
    let batches = read_all(&trail);
    let entries = entries_of(&batches);
    let mut indexer = Indexer::open(directory.path()).unwrap();
    for given in [10..20, 30..TWO_BLOCKS as usize] {
        indexer.take(&entries[given]).now_or_never().unwrap().unwrap();
    }
    let past = Index::of_directory(directory.path());
    assert!((0..TWO_BLOCKS).all(|number| all(&past, &of_number(number)).len() == 1));
}

#[test]
fn the_past_ends_where_files_were_archived_and_so_does_the_index() {
    let directory = tempfile::tempdir().unwrap();
    indexed(directory.path(), 0..THREE_FILES);
    let index = Index::of_directory(directory.path());
    assert_eq!(all(&index, &of_number(0)).len(), 1);
    fs::remove_file(&files_ending(directory.path(), "jsonl")[0]).unwrap();
    assert_eq!(all(&index, &of_number(0)).len(), 0);
    assert_eq!(all(&index, &of_number(THREE_FILES - 1)).len(), 1);
    let sidecars = files_ending(directory.path(), "idx").len();
    let position = Indexer::open(directory.path()).unwrap().position().unwrap();
    assert!(position.records > THREE_FILES - 256);
    assert_eq!(files_ending(directory.path(), "idx").len(), sidecars - 1);
}

#[test]
fn a_token_is_good_for_its_question_only_and_garbled_ones_are_known() {
    let directory = tempfile::tempdir().unwrap();
    indexed(directory.path(), 0..TWO_BLOCKS);
    let index = Index::of_directory(directory.path());
    let next = index.look_up(&named("Encrypt"), limit(1), None).unwrap().next;
    assert!(index.look_up(&named("Encrypt"), limit(1), next).is_ok());
    let other = index.look_up(&named("Decrypt"), limit(1), next);
    assert!(matches!(other, Err(LookUpFault::OtherToken)), "{other:?}");
    for wrong in ["", "1", "1-2", "1-2-x", "1-2-100000000", "1-2-3-4"] {
        assert_eq!(wrong.parse::<Token>(), Err(MalformedToken), "{wrong}");
    }
}

#[test]
fn only_the_owner_may_read_the_index() {
    let directory = tempfile::tempdir().unwrap();
    indexed(directory.path(), 0..1);
    let mode = fs::metadata(&files_ending(directory.path(), "idx")[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
