//! The figures, on standard output and in `bench/RESULTS.md`, with machine and commit.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::Failure;

/// Where the figures of the last run stand.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md");

/// The figures of one run.
pub(crate) struct Report(String);

/// Writes a line to standard output.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

impl Report {
    /// Begins with the machine and the commit.
    pub(crate) fn begin() -> Result<Report, Failure> {
        let mut report = Report(String::new());
        report.line("# Bench results\n");
        report.line("Written by `make bench`; figures of one run on one machine, servers and load on the same cores.\n");
        report.line(&format!("- machine: {} × {}", std::thread::available_parallelism()?, processor()?));
        report.line(&format!("- commit: {}", git(&["rev-parse", "--short=12", "HEAD"])));
        let changed = !git(&["status", "--porcelain", "--untracked-files=no"]).is_empty();
        report.line(&format!("- tree: {}\n", if changed { "with changes" } else { "as committed" }));
        Ok(report)
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, line: &str) {
        say(line);
        let _ = writeln!(self.0, "{line}");
    }

    /// Writes the file.
    pub(crate) fn end(self) -> Result<(), Failure> {
        Ok(std::fs::write(Path::new(RESULTS), self.0)?)
    }
}

fn processor() -> Result<String, Failure> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo")?;
    let name = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    Ok(name.map_or("unknown", |(_, name)| name.trim()).to_owned())
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR")]).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
