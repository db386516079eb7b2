//! Which writes of metrics were completed, and how far in the trail the last of them went.

use claviger_audit::Position;
use claviger_seal::{SealedStore, Write};
use claviger_store::Path;
use serde::{Deserialize, Serialize};

use crate::WatchFault;
use crate::place::{put, put_json, read_json, readable};

/// Where it is stored, and the number of the write that was begun last, if it takes several commits.
const PROGRESS_PATH: &str = "-/-/monitor/position";
const BEGUN_PATH: &str = "-/-/monitor/begun";

/// Most writes that are known as broken off: more than there are in the time that values are kept.
const BROKEN_OFF_MAX: usize = 1_000;

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The number of the last write.
    last: u64,
    position: Option<Box<str>>,
    /// The numbers of writes before it that were not completed.
    broken_off: Vec<u64>,
}

impl Progress {
    /// What is stored. A write that was begun and not completed will never count.
    pub(super) async fn load(store: &SealedStore) -> Result<Progress, WatchFault> {
        let stored = store.read(&Path::parse(PROGRESS_PATH)?).await?;
        let mut progress: Progress = stored.and_then(|entry| readable(read_json(&entry))).unwrap_or_default();
        let begun = store.read(&Path::parse(BEGUN_PATH)?).await?;
        let begun = begun.and_then(|entry| readable(read_json::<u64>(&entry))).unwrap_or_default();
        if begun > progress.last {
            progress.last = begun;
            progress.broken_off.push(begun);
            let surplus = progress.broken_off.len().saturating_sub(BROKEN_OFF_MAX);
            progress.broken_off.drain(..surplus);
            put(store, vec![progress.write()?]).await?;
        }
        Ok(progress)
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.position.as_deref()?.parse().ok()
    }

    pub(super) fn is_completed(&self, write: u64) -> bool {
        write <= self.last && !self.broken_off.contains(&write)
    }

    /// What it is when one more write is completed.
    pub(super) fn next(&self, position: Option<Position>) -> Progress {
        let position = position.map(|position| position.to_string().into());
        Progress { last: self.last + 1, position, broken_off: self.broken_off.clone() }
    }

    pub(super) fn number(&self) -> u64 {
        self.last
    }

    /// Says that this write is completed.
    pub(super) fn write(&self) -> Result<Write, WatchFault> {
        put_json(Path::parse(PROGRESS_PATH)?, self)
    }

    /// Says that this write has begun.
    pub(super) fn begin(&self) -> Result<Write, WatchFault> {
        put_json(Path::parse(BEGUN_PATH)?, &self.last)
    }
}
