//! What a record costs. Run by hand: `cargo test --release -p claviger-audit measure -- --ignored --nocapture`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;
use std::time::Instant;

use claviger_audit::{Durability, Limits, Outline, Record, Shown, Trail};

use crate::sample::{KEY, KEY_ARN, call, resource};

const ROUNDS: u32 = 40_000;

/// Other work on the machine only adds: the least of the runs is the cost.
const RUNS: u32 = 15;

/// Nanoseconds that this thread has had a processor.
fn processor_nanoseconds() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedule.split(' ').next().unwrap().parse().unwrap()
}

/// Microseconds of one round of `work` on each of this many threads: of the clock, and of all processors.
fn run(threads: u32, rounds: u32, work: &(impl Fn() + Sync)) -> (f64, f64) {
    let own = || {
        let before = processor_nanoseconds();
        (0..rounds / threads).for_each(|_| work());
        processor_nanoseconds() - before
    };
    let start = Instant::now();
    let processor: f64 = thread::scope(|scope| {
        let others: Vec<_> = (0..threads).map(|_| scope.spawn(own)).collect();
        others.into_iter().map(|other| other.join().unwrap()).sum()
    });
    let micros = 1e-3 / f64::from(rounds);
    (start.elapsed().as_secs_f64() * 1e9 * micros, processor * micros)
}

fn least(what: &str, runs: u32, run: impl Fn() -> (f64, f64)) {
    let least = |best: (f64, f64), next: (f64, f64)| (best.0.min(next.0), best.1.min(next.1));
    let (wall, processor) = (0..runs).map(|_| run()).fold((f64::MAX, f64::MAX), least);
    println!("{what}: {wall:.2} µs, of processors {processor:.2} µs");
}

fn parameters() -> Shown {
    Shown::new()
        .text("keyId", KEY)
        .map("encryptionContext", [("tenant", "blue"), ("purpose", "orders")])
        .text("encryptionAlgorithm", "SYMMETRIC_DEFAULT")
}

#[test]
#[ignore = "measures; run by hand in release"]
fn cost_of_a_typical_encrypt_record() {
    let request = parameters().done();
    let additional = Shown::new().text("keyMaterialId", &"ab".repeat(32)).done();
    let resources = [resource(KEY_ARN)];
    let record = Record {
        request_parameters: request.as_ref(),
        additional_event_data: additional.as_ref(),
        resources: &resources,
        ..call(1, "Encrypt")
    };
    let mut json = Vec::new();
    record.write(&mut json);
    println!("record: {} bytes", json.len());
    least("build requestParameters", RUNS, || run(1, ROUNDS, &|| assert!(parameters().done().is_some())));
    least("write JSON", RUNS, || {
        run(1, ROUNDS, &|| {
            let mut out = Vec::with_capacity(json.len());
            record.write(&mut out);
            assert_eq!(out.len(), json.len());
        })
    });
    let text = std::str::from_utf8(&json).unwrap();
    least("read JSON", RUNS, || run(1, ROUNDS, &|| assert!(Outline::of(text).is_some())));
    least("bare write of as many bytes", RUNS, || bare_write(&json));
    for (durability, threads, rounds) in [
        (Durability::OperatingSystem, 1, ROUNDS),
        (Durability::OperatingSystem, 2, ROUNDS),
        (Durability::Disk, 1, ROUNDS / 100),
        (Durability::Disk, 16, ROUNDS / 20),
    ] {
        let what = format!("append, {durability:?}, {threads} threads");
        least(&what, if rounds == ROUNDS { RUNS } else { 1 }, || {
            append(durability, threads, rounds, &record)
        });
    }
}

/// What no trail can go below.
fn bare_write(line: &[u8]) -> (f64, f64) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bare");
    let file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    run(1, ROUNDS, &|| (&file).write_all(line).unwrap())
}

fn append(durability: Durability, threads: u32, rounds: u32, record: &Record<'_>) -> (f64, f64) {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), Limits { durability, ..Limits::default() }).unwrap();
    run(threads, rounds, &|| trail.append(record).unwrap().wait().unwrap())
}
