//! The spool: log files that wait to be delivered, under names that are decided, and how far the node's trail is in them.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use claviger_audit::Position;
use claviger_clock::Timestamp;
use claviger_crypto::Random;
use claviger_names::Region;
use serde::{Deserialize, Serialize};

use crate::CloudTrailError;
use crate::digest::Delivered;
use crate::intake::Segment;
use crate::object_key::suffix;
use crate::trail::TrailId;

/// Its name in the spool.
const STATE: &str = "state.json";
const OWNER_ONLY_DIRECTORY: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// A log file that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Names it in the spool.
    pub number: u64,
    /// As it lies there.
    pub bytes: u64,
    pub trail: TrailId,
    pub region: Region,
    /// What it will be when it is delivered.
    pub file: Delivered,
}

/// What outlives the process. Files of the spool that it does not name are leftovers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    /// Everything before it is delivered or waits here.
    position: Option<String>,
    next_number: u64,
    waiting: Vec<Waiting>,
}

/// The spool and what is known of it.
#[derive(Debug)]
pub(crate) struct Outbox {
    directory: PathBuf,
    state: State,
}

impl Outbox {
    /// The spool in this directory, which is made if there is none.
    pub(crate) fn open(directory: &Path) -> Result<Outbox, CloudTrailError> {
        DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIRECTORY).create(directory)?;
        let state = match fs::read(directory.join(STATE)) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error.into()),
        };
        let outbox = Outbox { directory: directory.to_owned(), state };
        outbox.sweep()?;
        Ok(outbox)
    }

    /// Up to where the node's trail is in log files.
    pub(crate) fn position(&self) -> Option<Position> {
        self.state.position.as_ref().and_then(|position| position.parse().ok())
    }

    /// Bytes of all that waits.
    pub(crate) fn bytes(&self) -> u64 {
        self.state.waiting.iter().map(|waiting| waiting.bytes).sum()
    }

    /// What waits for each bucket, oldest first, at most so many files of each.
    pub(crate) fn lanes(&self, files_max: usize) -> BTreeMap<String, Vec<Waiting>> {
        let mut lanes: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
        for waiting in &self.state.waiting {
            let lane = lanes.entry(waiting.file.bucket.clone()).or_default();
            if lane.len() < files_max {
                lane.push(waiting.clone());
            }
        }
        lanes
    }

    /// Where the content of a file lies.
    pub(crate) fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number}.json.gz"))
    }

    /// Keeps the files of a segment, all or none. Blocks its thread: it compresses and waits for the disk.
    pub(crate) fn keep(
        &mut self,
        segment: &Segment,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), CloudTrailError> {
        let mut state = self.state.clone();
        for ((id, region), filling) in &segment.files {
            let (number, closed) = (state.next_number, filling.file.close()?);
            let object = filling.trail.shelf(*region).log_file(now, &suffix(random)?);
            write_durably(&self.path(number), &closed.gzip)?;
            let bucket = filling.trail.bucket.clone();
            let file = Delivered { bucket, object, hash: closed.hash, times: closed.times };
            let bytes = closed.gzip.len() as u64;
            state.waiting.push(Waiting { number, bytes, trail: id.clone(), region: *region, file });
            state.next_number += 1;
        }
        state.position = segment.reached.map(|position| position.to_string()).or(state.position);
        self.commit(state)
    }

    /// Forgets files that are delivered.
    pub(crate) fn forget(&mut self, numbers: &[u64]) -> Result<(), CloudTrailError> {
        let mut state = self.state.clone();
        state.waiting.retain(|waiting| !numbers.contains(&waiting.number));
        self.commit(state)?;
        // What stays is swept at the next start.
        numbers.iter().for_each(|number| drop(fs::remove_file(self.path(*number))));
        Ok(())
    }

    fn commit(&mut self, state: State) -> Result<(), CloudTrailError> {
        let (path, new) = (self.directory.join(STATE), self.directory.join("state.new"));
        write_durably(&new, &serde_json::to_vec(&state)?)?;
        fs::rename(&new, &path)?;
        File::open(&self.directory)?.sync_all()?;
        self.state = state;
        Ok(())
    }

    fn sweep(&self) -> io::Result<()> {
        let known: Vec<PathBuf> =
            self.state.waiting.iter().map(|waiting| self.path(waiting.number)).collect();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "gz") && !known.contains(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(OWNER_ONLY_FILE).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
