//! Log files on their way from the spool into their buckets, each exactly once.

use claviger_clock::Timestamp;
use claviger_names::Region;
use claviger_store::Outcome;
use futures_util::future::join_all;

use crate::buckets::{BucketFault, NewObject, Put};
use crate::delivery::Undelivered;
use crate::keyspace::{self, Chain, Stored};
use crate::log_file::holds;
use crate::outbox::Waiting;
use crate::trail::Trail;
use crate::{CloudTrailError, Delivery, locked};

/// Files that go to a bucket before others have their turn.
const LANE_FILES_MAX: usize = 16;

/// Log files that one chain of digests may hold before they stand in one: a value of the store has room for twice as many.
pub(crate) const CHAIN_FILES_MAX: usize = 1_000;

/// What became of a bucket's files.
struct Shipped {
    bucket: String,
    numbers: Vec<u64>,
    has_failed: bool,
}

impl Delivery {
    /// Delivers what waits for buckets that are not left alone; answers whether more waits for one that took all.
    pub(crate) async fn ship(&mut self, now: Timestamp) -> Result<bool, CloudTrailError> {
        let mut lanes = locked(&self.outbox).lanes(LANE_FILES_MAX);
        lanes.retain(|bucket, _| !self.rests(bucket, now));
        let this = &*self;
        let ship = |(bucket, files)| this.ship_lane(bucket, files, now);
        let shipped = join_all(lanes.into_iter().map(ship)).await;
        for lane in &shipped {
            self.pace(&lane.bucket, lane.has_failed, now);
        }
        let numbers: Vec<u64> = shipped.iter().flat_map(|lane| lane.numbers.iter().copied()).collect();
        if !numbers.is_empty() {
            locked(&self.outbox).forget(&numbers)?;
        }
        Ok(shipped.iter().any(|lane| lane.numbers.len() == LANE_FILES_MAX))
    }

    /// One after the other, until one fails.
    async fn ship_lane(&self, bucket: String, files: Vec<Waiting>, now: Timestamp) -> Shipped {
        let mut numbers = Vec::with_capacity(files.len());
        for waiting in &files {
            let shipped = self.ship_file(waiting).await;
            let error = shipped.as_ref().err();
            if let Some(error) = error {
                tracing::warn!(bucket, object = waiting.file.object, %error, "a log file was not delivered");
            }
            let code = error.map(Undelivered::code);
            let noted = self.note(&waiting.trail, |status| &mut status.log_files, now, code).await;
            if shipped.is_err() || noted.is_err() {
                return Shipped { bucket, numbers, has_failed: true };
            }
            numbers.push(waiting.number);
        }
        Shipped { bucket, numbers, has_failed: false }
    }

    async fn ship_file(&self, waiting: &Waiting) -> Result<(), Undelivered> {
        let path = locked(&self.outbox).path(waiting.number);
        let content = std::fs::read(path).map_err(CloudTrailError::from)?;
        let file = &waiting.file;
        let object =
            NewObject { bucket: &file.bucket, key: &file.object, content: &content, signature: None };
        self.put_once(object, &file.hash).await?;
        Ok(self.remember_for_digest(waiting).await?)
    }

    /// Stores an object, or sees that it was stored before: by us, if its text has this hash.
    pub(crate) async fn put_once(&self, object: NewObject<'_>, hash: &str) -> Result<(), BucketFault> {
        match self.buckets.put(object).await? {
            Put::Stored => Ok(()),
            Put::Exists => match self.buckets.read(object.bucket, object.key).await? {
                Some(content) if holds(&content, hash) => Ok(()),
                Some(_) => Err(BucketFault::new("PreconditionFailed", "another object has the name")),
                None => Err(BucketFault::new("NoSuchKey", "the object was there and is gone")),
            },
        }
    }

    async fn remember_for_digest(&self, waiting: &Waiting) -> Result<(), CloudTrailError> {
        loop {
            let trail = keyspace::read_trail(&self.store, &waiting.trail).await?;
            let Some(from) = trail.and_then(|trail| trail.value.digests_from()) else { return Ok(()) };
            let path = keyspace::chain_path(&waiting.trail, waiting.region)?;
            let found: Option<Stored<Chain>> = keyspace::read(&self.store, &path).await?;
            let guard = keyspace::guard(&path, found.as_ref());
            let mut chain = found.map_or_else(|| Chain::beginning(from), |found| found.value);
            if chain.has(&waiting.file.object) {
                return Ok(());
            }
            if chain.log_files.len() >= 2 * CHAIN_FILES_MAX {
                return Err(CloudTrailError::ChainFull { region: waiting.region });
            }
            chain.log_files.push(waiting.file.clone());
            if let Outcome::Committed(_) =
                self.store.commit(vec![guard], vec![keyspace::put(path, &chain)?]).await?
            {
                return Ok(());
            }
        }
    }

    /// The Regions that a trail has digests in, its home first.
    pub(crate) fn regions_of(&self, trail: &Trail) -> Vec<Region> {
        let mut regions: Vec<Region> =
            self.regions.iter().copied().filter(|region| trail.covers(*region)).collect();
        regions.sort_by_key(|region| *region != trail.id.home);
        regions
    }
}

impl Chain {
    /// Whether this log file stands in it, or in the digest that is being delivered.
    fn has(&self, object: &str) -> bool {
        let is_pending = self.pending.as_ref().is_some_and(|pending| pending.text.contains(object));
        is_pending || self.log_files.iter().any(|file| file.object == object)
    }
}
