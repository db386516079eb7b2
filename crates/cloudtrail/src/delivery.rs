//! Delivery: what is collected goes into the spool, from there into buckets, and into digests.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use claviger_clock::{Clock, SignedDuration, Timestamp};
use claviger_crypto::Random;
use claviger_names::Region;
use claviger_seal::SealedStore;

use crate::buckets::{BucketFault, Buckets};
use crate::intake::{Intake, Segment};
use crate::keyspace::{self, Attempts, Status};
use crate::outbox::Outbox;
use crate::signing_key::SigningKey;
use crate::trail::TrailId;
use crate::{CloudTrailError, Collector, locked};

const RETRY_AFTER_MIN: SignedDuration = SignedDuration::from_secs(1);
const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_secs(60);

/// Whose pace it is when a delivery fails on this side. No bucket has the name.
const THIS_NODE: &str = "/";

/// What delivery is made of.
pub struct DeliveryParts {
    /// Where trails are.
    pub store: Arc<SealedStore>,
    /// Where log files go.
    pub buckets: Arc<dyn Buckets>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the names of files.
    pub random: Arc<dyn Random>,
    /// The Regions that are served.
    pub regions: Box<[Region]>,
    /// The spool's directory, of this node alone.
    pub spool: PathBuf,
    /// Bytes of log files that may wait.
    pub spool_bytes_max: u64,
}

/// A node's delivery. [`Delivery::run`] it again and again, beside what follows the trail.
pub struct Delivery {
    pub(crate) store: Arc<SealedStore>,
    pub(crate) buckets: Arc<dyn Buckets>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) regions: Box<[Region]>,
    pub(crate) outbox: Arc<Mutex<Outbox>>,
    pub(crate) paces: BTreeMap<String, Pace>,
    pub(crate) signing_keys: HashMap<Region, Arc<SigningKey>>,
    pub(crate) digests_due: Timestamp,
    spool_bytes_max: u64,
    intake: Arc<Mutex<Intake>>,
    closing: Option<Arc<Segment>>,
}

/// Why a file was not delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undelivered {
    #[error("{0}")]
    Bucket(BucketFault),
    #[error(transparent)]
    Here(#[from] CloudTrailError),
}

impl From<BucketFault> for Undelivered {
    fn from(fault: BucketFault) -> Undelivered {
        Undelivered::Bucket(fault)
    }
}

impl Undelivered {
    /// What the owner of the trail is told.
    pub(crate) fn code(&self) -> &str {
        match self {
            Undelivered::Bucket(fault) => &fault.code,
            Undelivered::Here(_) => "InternalError",
        }
    }
}

/// How a bucket that failed is tried again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub retry_at: Timestamp,
    after: SignedDuration,
}

/// One of the two kinds of files that a status tells of.
pub(crate) type Kind = fn(&mut Status) -> &mut Attempts;

impl Delivery {
    /// Opens the spool; gives also what is to follow the node's trail.
    pub fn open(parts: DeliveryParts) -> Result<(Delivery, Collector), CloudTrailError> {
        let DeliveryParts { store, buckets, clock, random, regions, spool, spool_bytes_max } = parts;
        let (outbox, intake) = (Outbox::open(&spool)?, Arc::new(Mutex::new(Intake::default())));
        let collector = Collector::new(store.clone(), clock.clone(), intake.clone(), outbox.position());
        let delivery = Delivery {
            store,
            buckets,
            clock,
            random,
            regions,
            outbox: Arc::new(Mutex::new(outbox)),
            paces: BTreeMap::new(),
            signing_keys: HashMap::new(),
            digests_due: Timestamp::MIN,
            spool_bytes_max,
            intake,
            closing: None,
        };
        Ok((delivery, collector))
    }

    /// Does what is due; answers whether there is more to be done right away. What fails is told in the log and done
    /// again later.
    pub async fn run(&mut self) -> bool {
        let now = self.clock.now();
        if self.rests(THIS_NODE, now) {
            return false;
        }
        let passed = self.pass(now).await;
        if let Err(error) = &passed {
            tracing::error!(%error, "log files cannot be delivered for now");
        }
        self.pace(THIS_NODE, passed.is_err(), now);
        passed.unwrap_or(false)
    }

    async fn pass(&mut self, now: Timestamp) -> Result<bool, CloudTrailError> {
        let closed = self.close(now).await;
        // Also when the spool takes no more: what is delivered makes room.
        let has_more = self.ship(now).await?;
        let is_full = locked(&self.outbox).bytes() >= self.spool_bytes_max;
        locked(&self.intake).is_spool_full = is_full;
        self.make_digests(now).await?;
        closed?;
        Ok(has_more || self.digests_due <= now)
    }

    /// Moves what is due from memory into the spool, off the runtime's threads.
    async fn close(&mut self, now: Timestamp) -> Result<(), CloudTrailError> {
        if self.closing.is_none() {
            self.closing = locked(&self.intake).take_due(now).map(Arc::new);
        }
        let Some(segment) = self.closing.clone() else { return Ok(()) };
        let (outbox, random) = (Arc::clone(&self.outbox), Arc::clone(&self.random));
        let keep = move || locked(&outbox).keep(&segment, now, &*random);
        tokio::task::spawn_blocking(keep).await.map_err(|_| CloudTrailError::Interrupted)??;
        self.closing = None;
        Ok(())
    }

    /// Whether a bucket is to be left alone for now.
    pub(crate) fn rests(&self, bucket: &str, now: Timestamp) -> bool {
        self.paces.get(bucket).is_some_and(|pace| now < pace.retry_at)
    }

    /// Remembers how it went with a bucket.
    pub(crate) fn pace(&mut self, bucket: &str, has_failed: bool, now: Timestamp) {
        if !has_failed {
            self.paces.remove(bucket);
            return;
        }
        let before = self.paces.get(bucket).map(|pace| pace.after);
        let after = before.map_or(RETRY_AFTER_MIN, |after| (after * 2).min(RETRY_AFTER_MAX));
        let retry_at = now.checked_add(after).unwrap_or(Timestamp::MAX);
        self.paces.insert(bucket.to_owned(), Pace { retry_at, after });
    }

    /// Writes down how a delivery for a trail went, unless the trail is gone.
    pub(crate) async fn note(
        &self,
        id: &TrailId,
        kind: Kind,
        now: Timestamp,
        error: Option<&str>,
    ) -> Result<(), CloudTrailError> {
        if keyspace::read_trail(&self.store, id).await?.is_none() {
            return Ok(());
        }
        let path = keyspace::status_path(id)?;
        let found = keyspace::read::<Status>(&self.store, &path).await?;
        let mut status = found.map(|found| found.value).unwrap_or_default();
        let attempts = kind(&mut status);
        attempts.attempt = Some(now);
        attempts.error = error.map(str::to_owned);
        if error.is_none() {
            attempts.success = Some(now);
        }
        let _ = self.store.commit(Vec::new(), vec![keyspace::put(path, &status)?]).await?;
        Ok(())
    }
}
