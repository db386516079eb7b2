//! `make bench`: what Claviger does beside a bare hyper server that answers with as many bytes, in one run.

mod bare;
mod load;
mod process;
mod report;
mod request;
mod scenario;

use std::process::ExitCode;

use report::Report;

/// What every part of the bench may fail with: it ends the run.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(bare::COMMAND) => finish(bare::serve()),
        _ => finish(run()),
    }
}

fn run() -> Result<(), Failure> {
    let mut report = Report::begin()?;
    scenario::start_and_idle(&mut report)?;
    scenario::data_plane(&mut report)?;
    scenario::create_key(&mut report)?;
    scenario::describe_key(&mut report)?;
    report.end()
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
