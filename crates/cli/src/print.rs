//! What people read on a terminal: results on standard output, reasons for failure on standard error.

use std::error::Error;
use std::io::Write;

/// Why a command did not do what it was told: the one line that its user reads.
pub(crate) type Refusal = Box<dyn Error + Send + Sync>;

/// Writes a result. Whoever reads it may have gone away, which is no failure.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes why a command failed, with its causes.
pub(crate) fn error(refusal: &dyn Error) {
    let _ = writeln!(std::io::stderr().lock(), "claviger: {refusal}");
}
