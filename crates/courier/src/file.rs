//! Messages to a file, each on one line.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use crate::carrier::Undelivered;
use crate::letter::Letter;

pub(crate) struct FileCarrier(PathBuf);

impl FileCarrier {
    pub(crate) fn new(path: PathBuf) -> FileCarrier {
        FileCarrier(path)
    }

    /// One write at the end of the file, wherever that is by now: whoever rotates it may put it aside.
    pub(crate) async fn carry(&self, letter: &Letter) -> Result<(), Undelivered> {
        let (path, line) = (self.0.clone(), format!("{}\n", letter.line().map_err(Undelivered::for_now)?));
        let written = tokio::task::spawn_blocking(move || {
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
            file.write_all(line.as_bytes())
        });
        written.await.map_err(Undelivered::for_now)?.map_err(Undelivered::for_now)
    }
}
