//! What was given up, for the operator to read: one line of JSON each, with the reason.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use claviger_clock::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::queue::Parcel;

/// Size at which the file is put aside as `….1`, in place of the one before.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Where dead letters are written.
pub(crate) struct DeadLetters(PathBuf);

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    destination: &'a str,
    id: &'a str,
    subject: &'a str,
    accepted: String,
    attempts: u32,
    reason: &'a str,
    body: Box<RawValue>,
}

impl DeadLetters {
    /// In this file, which is made when the first letter dies.
    pub(crate) fn new(path: PathBuf) -> DeadLetters {
        DeadLetters(path)
    }

    /// Writes down a letter and why nobody took it.
    pub(crate) fn bury(&self, parcel: &Parcel, reason: &str, now: Timestamp) -> io::Result<()> {
        if fs::metadata(&self.0).is_ok_and(|file| file.len() >= FILE_BYTES_MAX) {
            let mut aside = self.0.clone().into_os_string();
            aside.push(".1");
            fs::rename(&self.0, aside)?;
        }
        let letter = &parcel.letter;
        let line = Line {
            time: now.to_string(),
            destination: &letter.to,
            id: &letter.id,
            subject: &letter.subject,
            accepted: letter.accepted().to_string(),
            attempts: parcel.attempts,
            reason,
            body: letter.line()?,
        };
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.0)?;
        file.write_all(format!("{}\n", serde_json::to_string(&line)?).as_bytes())
    }
}
