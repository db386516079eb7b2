//! `claviger audit`: reads the trail's files, also those that a server is writing.

mod search;
mod table;

use std::path::{Path, PathBuf};

use claviger_audit::{Summary, verify_chain, verify_head};

use super::serve::configuration;
use crate::arguments::{Audit, AuditCommand, CONFIG_FILE, TrailFiles, Verify};
use crate::print::{self, Refusal};

pub(crate) fn run(options: &Audit) -> Result<(), Refusal> {
    match &options.command {
        AuditCommand::Verify(options) => verify(options),
        AuditCommand::Search(options) => search::run(options),
    }
}

/// The directory of the trail that is meant.
fn directory_of(files: &TrailFiles) -> Result<PathBuf, Refusal> {
    match files {
        TrailFiles { directory: Some(directory), .. } => Ok(directory.clone()),
        TrailFiles { directory: None, config } => {
            Ok(configuration(config.as_deref().unwrap_or(Path::new(CONFIG_FILE)))?.trail.directory)
        }
    }
}

fn verify(options: &Verify) -> Result<(), Refusal> {
    let directory = directory_of(&options.files)?;
    let summary = verify_chain(&directory)?;
    for head in &options.expect {
        verify_head(&directory, head)?;
    }
    show(&summary);
    Ok(())
}

fn show(summary: &Summary) {
    let Summary { files, records_before, records, unfinished_bytes, .. } = summary;
    print::line(&format!("files {files}"));
    print::line(&format!("records {records}"));
    if *records_before > 0 {
        print::line(&format!("archived {records_before} records before them"));
    }
    if *unfinished_bytes > 0 {
        print::line(&format!("unfinished {unfinished_bytes} bytes behind them"));
    }
    print::line(&format!("head {}", summary.head()));
}
