//! `make bench`: what Claviger does beside a bare hyper server that answers with as many bytes, in one run. An argument
//! names the only part to measure; then nothing is written to RESULTS.md.

mod audit;
mod bare;
mod decisions;
mod describe_key;
mod exercise;
mod grants;
mod key_types;
mod load;
mod lookups;
mod past;
mod process;
mod report;
mod request;
mod scenario;

use std::process::ExitCode;

use report::Report;

/// What every part of the bench may fail with: it ends the run.
type Failure = Box<dyn std::error::Error + Send + Sync>;

type Part = fn(&mut Report) -> Result<(), Failure>;

const PARTS: [(&str, Part); 8] = [
    ("start", scenario::start_and_idle),
    ("decisions", decisions::measure),
    ("data-plane", scenario::data_plane),
    ("audit", audit::measure),
    ("create-key", scenario::create_key),
    ("describe-key", describe_key::measure),
    ("grants", grants::measure),
    ("key-types", key_types::measure),
];

/// What is done only when it is named: what takes much disk and minutes, and what measures nothing.
const NAMED: [(&str, Part); 2] = [("lookups", lookups::measure), ("exercise", exercise::run)];

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(bare::COMMAND) => finish(bare::serve()),
        Some(part) => finish(run_part(part)),
        None => finish(run()),
    }
}

fn run() -> Result<(), Failure> {
    let mut report = Report::begin()?;
    for (_, measure) in PARTS {
        measure(&mut report)?;
    }
    report.end()
}

fn run_part(part: &str) -> Result<(), Failure> {
    let parts = || PARTS.into_iter().chain(NAMED);
    let names = || parts().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    let found = parts().find(|(name, _)| *name == part);
    let (_, measure) = found.ok_or_else(|| format!("{part} is none of {}", names()))?;
    measure(&mut Report::begin()?)
}

fn finish(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::say(&format!("bench: {failure}"));
            ExitCode::FAILURE
        }
    }
}
