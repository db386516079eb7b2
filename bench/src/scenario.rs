//! What is measured.

use std::net::SocketAddr;
use std::time::Duration;

use crate::Failure;
use crate::load::{self, Outcome};
use crate::process::Server;
use crate::report::Report;
use crate::request::signed;

/// Connections of the load.
pub(crate) const CONNECTIONS: usize = 32;

/// Rounds in which the servers take turns, so that what else happens on the machine meets both.
const ROUNDS: usize = 3;

/// How long a server is under load in a round.
const ROUND: Duration = Duration::from_secs(3);

/// Starts whose median is told.
const STARTS: usize = 9;

/// Connections that create keys.
const CREATORS: usize = 64;

/// Bytes of the head of a bare answer: status line, content-length and date.
const BARE_HEAD_BYTES: usize = 76;

struct Measured {
    outcome: Outcome,
    processor: Duration,
}

impl Measured {
    fn processor_micros(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.outcome.requests.max(1) as f64
    }
}

/// Start time and memory of a server without load.
pub(crate) fn start_and_idle(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Server::claviger(directory.path())?.started_in);
    }
    starts.sort_unstable();
    let server = Server::claviger(directory.path())?;
    let idle_mib = server.resident_bytes()? as f64 / f64::from(1 << 20);
    report.line("## Start\n");
    report.line("| what | figure | asked for |\n|---|---|---|");
    report.line(&format!(
        "| ready in (median of {STARTS}) | {:.0} ms | below 500 ms |",
        ms(starts[STARTS / 2])
    ));
    report.line(&format!("| memory when idle | {idle_mib:.1} MiB | below 40 MiB |\n"));
    Ok(())
}

/// Encrypt, Decrypt and GenerateDataKey beside the bare server.
pub(crate) fn data_plane(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let claviger = Server::claviger(directory.path())?;
    let key = create(claviger.address)?;
    let plaintext = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let encrypt =
        format!(r#"{{"KeyId":"{key}","Plaintext":"{plaintext}","EncryptionContext":{{"purpose":"bench"}}}}"#);
    let sealed = load::once(claviger.address, &signed(claviger.address, "Encrypt", &encrypt)?)?;
    let sealed = text(&sealed, "CiphertextBlob")?;
    let bodies = [
        ("GenerateDataKey", format!(r#"{{"KeyId":"{key}","KeySpec":"AES_256"}}"#)),
        ("Encrypt", encrypt),
        ("Decrypt", format!(r#"{{"CiphertextBlob":"{sealed}","EncryptionContext":{{"purpose":"bench"}}}}"#)),
    ];
    report.line(&format!(
        "## Data plane, {CONNECTIONS} connections, signed requests, trail and store on disk\n"
    ));
    report.line("| operation | requests/s | bare requests/s | ratio | processor µs | bare µs | p50 | p99 |");
    report.line("|---|---|---|---|---|---|---|---|");
    for (operation, body) in &bodies {
        compare(report, &claviger, operation, body)?;
    }
    report.line("\nThe ratio is the median of the rounds' ratios; at least 0.5 is asked for.\n");
    Ok(())
}

fn compare(report: &mut Report, claviger: &Server, operation: &str, body: &str) -> Result<(), Failure> {
    let answer_bytes = load::answer_bytes(claviger.address, &signed(claviger.address, operation, body)?)?;
    let bare = Server::bare(answer_bytes.saturating_sub(BARE_HEAD_BYTES))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(measure(&bare, operation, body)?);
        ours.push(measure(claviger, operation, body)?);
    }
    let ratios = ours.iter().zip(&theirs).map(|(our, bare)| our.outcome.rate() / bare.outcome.rate());
    let (our, their) = (median_of(&ours), median_of(&theirs));
    report.line(&format!(
        "| {operation} | {:.0} | {:.0} | {:.2} | {:.1} | {:.1} | {:.2} ms | {:.2} ms |",
        our.outcome.rate(),
        their.outcome.rate(),
        median(ratios.collect()),
        our.processor_micros(),
        their.processor_micros(),
        ms(our.outcome.quantile(0.5)),
        ms(our.outcome.quantile(0.99)),
    ));
    Ok(())
}

fn measure(server: &Server, operation: &str, body: &str) -> Result<Measured, Failure> {
    let request = signed(server.address, operation, body)?;
    let before = server.processor_time()?;
    let outcome = load::run(server.address, vec![request; CONNECTIONS], ROUND)?;
    Ok(Measured { outcome, processor: server.processor_time()? - before })
}

/// How fast keys are created by many at once, each acknowledged after its flush.
pub(crate) fn create_key(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let server = Server::claviger(directory.path())?;
    let mut rates = Vec::new();
    for connections in [1, CREATORS] {
        let request = signed(server.address, "CreateKey", "{}")?;
        rates.push(load::run(server.address, vec![request; connections], ROUND)?.rate());
    }
    report.line("## CreateKey, each flushed to disk before its answer\n");
    report.line("| clients | keys/s |\n|---|---|");
    report.line(&format!("| 1 | {:.0} |\n| {CREATORS} | {:.0} |\n", rates[0], rates[1]));
    Ok(())
}

/// Creates so many keys, by many at once, and returns their ids.
pub(crate) fn create_many(address: SocketAddr, keys: usize) -> Result<Vec<String>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let share = keys.div_ceil(CREATORS);
        let creators: Vec<_> = (0..CREATORS)
            .map(|creator| {
                let count = share.min(keys.saturating_sub(creator * share));
                let requests = (0..count).map(move |_| signed(address, "CreateKey", "{}"));
                tokio::spawn(load::each(address, requests))
            })
            .collect();
        let mut ids = Vec::with_capacity(keys);
        for creator in creators {
            for answer in creator.await?? {
                ids.push(key_of(&answer)?);
            }
        }
        Ok(ids)
    })
}

fn create(address: SocketAddr) -> Result<String, Failure> {
    key_of(&load::once(address, &signed(address, "CreateKey", "{}")?)?)
}

pub(crate) fn key_of(answer: &[u8]) -> Result<String, Failure> {
    let answer: serde_json::Value = serde_json::from_slice(answer)?;
    Ok(answer["KeyMetadata"]["KeyId"].as_str().ok_or("no key id")?.to_owned())
}

pub(crate) fn text(answer: &[u8], member: &str) -> Result<String, Failure> {
    let answer: serde_json::Value = serde_json::from_slice(answer)?;
    Ok(answer[member].as_str().ok_or("no such member")?.to_owned())
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn median_of(rounds: &[Measured]) -> &Measured {
    let mut by_rate: Vec<&Measured> = rounds.iter().collect();
    by_rate.sort_unstable_by(|a, b| a.outcome.rate().total_cmp(&b.outcome.rate()));
    by_rate[rounds.len() / 2]
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
