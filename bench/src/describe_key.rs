//! DescribeKey of ever other keys, with few keys and with many: of keys that were asked for before, and the first time.

use std::net::SocketAddr;
use std::time::Instant;

use tempfile::TempDir;

use crate::Failure;
use crate::load::{self, Outcome};
use crate::process::Server;
use crate::report::Report;
use crate::request::signed;
use crate::scenario::{create_many, median, ms};

/// Keys of the small and of the large store.
const KEYS: [usize; 2] = [100, 100_000];

/// Requests of one latency measurement.
const DESCRIPTIONS: usize = 5_000;

/// Keys from one request to the next: a prime, so that no two requests meet the same part of the store.
const STRIDE: usize = 7_919;

/// Turns that each store takes, so that what else happens on the machine meets both.
const TURNS: usize = 5;

/// A server with its keys, and what was measured of it.
struct Store {
    server: Server,
    _directory: TempDir,
    asked: Vec<String>,
    first: Outcome,
    again: Vec<Outcome>,
}

/// Measures and reports.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let mut stores = [Store::with(KEYS[0])?, Store::with(KEYS[1])?];
    for _ in 0..TURNS {
        for store in &mut stores {
            let asked = store.asked.iter().cycle().take(DESCRIPTIONS);
            store.again.push(describe_each(store.server.address, asked)?);
        }
    }
    report.line("## DescribeKey, one client, each request for another key\n");
    report.line("| keys | first time p50 | p99 | again p50 | p99 |\n|---|---|---|---|---|");
    for (keys, Store { first, again, .. }) in KEYS.iter().zip(&stores) {
        let [first_half, first_most] = [0.5, 0.99].map(|share| ms(first.quantile(share)));
        let [half, most] =
            [0.5, 0.99].map(|share| median(again.iter().map(|turn| ms(turn.quantile(share))).collect()));
        report.line(&format!(
            "| {keys} | {first_half:.3} ms | {first_most:.3} ms | {half:.3} ms | {most:.3} ms |"
        ));
    }
    let [few, many] = &stores;
    let times =
        many.again.iter().zip(&few.again).map(|(many, few)| ms(many.quantile(0.5)) / ms(few.quantile(0.5)));
    report.line(&format!(
        "\nThe stores take turns; again, figures are the medians of {TURNS}. With {} keys it takes {:.2} times as long as with {}.\n",
        KEYS[1],
        median(times.collect()),
        KEYS[0]
    ));
    Ok(())
}

impl Store {
    fn with(keys: usize) -> Result<Store, Failure> {
        let directory = tempfile::tempdir()?;
        let server = Server::claviger(directory.path())?;
        let ids = create_many(server.address, keys)?;
        let asked: Vec<String> =
            (0..keys.min(DESCRIPTIONS)).map(|n| ids[(n * STRIDE) % keys].clone()).collect();
        let first = describe_each(server.address, asked.iter())?;
        Ok(Store { server, _directory: directory, asked, first, again: Vec::new() })
    }
}

fn describe_each<'i>(address: SocketAddr, ids: impl Iterator<Item = &'i String>) -> Result<Outcome, Failure> {
    let mut latencies = Vec::with_capacity(DESCRIPTIONS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let mut last: Option<Instant> = None;
    let requests = ids.map(|id| {
        let request = signed(address, "DescribeKey", &format!(r#"{{"KeyId":"{id}"}}"#));
        latencies.extend(last.map(|begun| begun.elapsed()));
        last = Some(Instant::now());
        request
    });
    runtime.block_on(load::each(address, requests))?;
    latencies.sort_unstable();
    Ok(Outcome { requests: latencies.len() as u64, took: begun.elapsed(), latencies })
}
