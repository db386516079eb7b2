//! What look-ups cost in a trail of ten million records, and what its index costs. Needs 15 GB of disk and some minutes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_audit::{
    Attribute, Consumer as _, Criterion, Follower, Found, Index, Indexer, Limits, Lookup, Trail,
};
use claviger_clock::SignedDuration;
use futures_util::FutureExt as _;

use crate::Failure;
use crate::past::{self, ACCOUNT, ONCE_KEY, RARE_KEY, REGION};
use crate::report::{Report, say};

const RECORDS: u64 = 10_000_000;

/// Records of a page, as LookupEvents has them.
const PAGE: usize = 50;

/// Each question is asked this often.
const ROUNDS: usize = 15;

/// Makes the trail, indexes it, and asks.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let trail = Arc::new(Trail::open(directory.path(), Limits::default())?);
    let begun = Instant::now();
    past::write(&trail, RECORDS)?;
    say(&format!("written in {:.0} s", begun.elapsed().as_secs_f64()));
    let (reading, indexing) = index(&trail, directory.path())?;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / RECORDS as f64;
    let trail_bytes = bytes(directory.path(), "jsonl")?;
    let index_bytes = bytes(directory.path(), "idx")?;
    report.line(&format!("## Look-ups in {RECORDS} records\n"));
    report.line(&format!("- trail: {:.2} GB", trail_bytes as f64 / 1e9));
    report.line(&format!(
        "- index: {:.0} MB, {:.1} bytes a record",
        index_bytes as f64 / 1e6,
        index_bytes as f64 / RECORDS as f64
    ));
    report.line(&format!(
        "- a record costs {:.2} µs of a processor to be indexed, and {:.2} µs to be read from its file before, as by whoever is behind\n",
        each(indexing),
        each(reading)
    ));
    report.line("| question | found on the first page | there is more | ms | ms of a processor |\n|---|---|---|---|---|");
    let index = Index::of_directory(directory.path());
    for (what, lookup) in questions()? {
        report.line(&row(&index, what, &lookup)?);
    }
    report.line(&format!("\nFirst pages of {PAGE}; the median of {ROUNDS} rounds.\n"));
    Ok(())
}

/// How long this thread has had a processor: other work on the machine counts little.
fn processor_time() -> Result<Duration, Failure> {
    let schedule = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = schedule.split(' ').next().ok_or("no time")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// Indexes the whole trail; how long reading took, and indexing itself.
fn index(trail: &Arc<Trail>, directory: &Path) -> Result<(Duration, Duration), Failure> {
    let mut indexer = Indexer::open(directory)?;
    let mut follower = Follower::new(Arc::clone(trail), indexer.position());
    let (mut reading, mut indexing) = (Duration::ZERO, Duration::ZERO);
    loop {
        let begun = processor_time()?;
        let batch = follower.read()?;
        if batch.is_empty() {
            return Ok((reading, indexing));
        }
        let entries = batch.entries();
        let read = processor_time()?;
        indexer.take(&entries).now_or_never().ok_or("the index waits")??;
        reading += read - begun;
        indexing += processor_time()? - read;
    }
}

fn bytes(directory: &Path, end: &str) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == end) {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}

fn questions() -> Result<Vec<(&'static str, Lookup)>, Failure> {
    let of_account = |criteria: Vec<Criterion>| -> Result<Lookup, Failure> {
        let (account, region) = (Some(ACCOUNT.parse()?), Some(REGION.parse()?));
        Ok(Lookup { account, region, criteria, ..Lookup::default() })
    };
    let is = |attribute: Attribute, value: &str| vec![Criterion::Is(attribute, value.into())];
    let context = |key: &str, value: &str| vec![Criterion::Context { key: key.into(), value: value.into() }];
    let resource = |key: &str| is(Attribute::ResourceName, key);
    let last_week =
        |lookup: Lookup| Lookup { from: Some(past::end() - SignedDuration::from_hours(7 * 24)), ..lookup };
    let rare_and_denied = [resource(RARE_KEY), is(Attribute::ErrorCode, "AccessDenied")].concat();
    let anywhere = |criteria: Vec<Criterion>| Lookup { criteria, ..Lookup::default() };
    Ok(vec![
        ("nothing in particular", of_account(Vec::new())?),
        ("an event name that is everywhere", of_account(is(Attribute::EventName, "Decrypt"))?),
        ("an event name that is rare", of_account(is(Attribute::EventName, "ScheduleKeyDeletion"))?),
        ("a key used now and then", of_account(resource(RARE_KEY))?),
        ("a key used once, long ago", of_account(resource(ONCE_KEY))?),
        ("the same, in the last week", last_week(of_account(resource(ONCE_KEY))?)),
        ("an event id", of_account(is(Attribute::EventId, &past::event_id(past::OWN)))?),
        ("a user name that is not there", of_account(is(Attribute::Username, "Nobody"))?),
        ("an access key", of_account(is(Attribute::AccessKeyId, &past::access_key(7)))?),
        ("an encryption context, anywhere", anywhere(context("order", &past::OWN.to_string()))),
        ("an encryption context that is not there, anywhere", anywhere(context("order", "none"))),
        ("a key and an error, anywhere", anywhere(rare_and_denied)),
    ])
}

fn row(index: &Index, what: &str, lookup: &Lookup) -> Result<String, Failure> {
    let page = PAGE.try_into()?;
    let (mut clock, mut processor) = (Vec::new(), Vec::new());
    let (mut found, mut more) = (0, "no");
    for _ in 0..ROUNDS {
        let (begun, before) = (Instant::now(), processor_time()?);
        let Found { records, next } = index.look_up(lookup, page, None)?;
        processor.push((processor_time()? - before).as_secs_f64() * 1e3);
        clock.push(begun.elapsed().as_secs_f64() * 1e3);
        (found, more) = (records.len(), if next.is_some() { "yes" } else { "no" });
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    };
    let (clock, processor) = (median(&mut clock), median(&mut processor));
    Ok(format!("| {what} | {found} | {more} | {clock:.1} | {processor:.1} |"))
}
