//! What was read of the node's trail and is not yet kept: records on their way into log files.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use claviger_audit::{Consumer, ConsumerFault, Entry, Position};
use claviger_clock::{Clock, SignedDuration, Timestamp};
use claviger_names::{AccountId, Region};
use claviger_seal::SealedStore;
use claviger_store::{Span, Watch};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::keyspace::{TRAILS, list_trails};
use crate::log_file::OpenLogFile;
use crate::trail::{Trail, TrailId};
use crate::{CloudTrailError, locked};

/// How long records wait for others to go into the same file.
const FILL_TIME: SignedDuration = SignedDuration::from_mins(5);

/// Bytes of records at which files are closed before their time. So much is held in memory, and twice while it is closed.
const SEGMENT_BYTES_MAX: usize = 32 << 20;

/// The stretch of the node's trail that is being read: its records, file by file.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    pub files: BTreeMap<(TrailId, Region), Filling>,
    /// Where the stretch ends.
    pub reached: Option<Position>,
    bytes: usize,
    since: Option<Timestamp>,
}

/// A log file in the making, and the trail that it is for.
#[derive(Debug)]
pub(crate) struct Filling {
    pub trail: Arc<Trail>,
    pub file: OpenLogFile,
}

/// Where records are handed over.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    pub open: Segment,
    /// Whether nothing is taken before something was delivered.
    pub is_spool_full: bool,
}

impl Segment {
    fn add(&mut self, trail: &Arc<Trail>, region: Region, entry: &Entry<'_>) {
        let slot = self.files.entry((trail.id.clone(), region));
        let before = self.bytes;
        slot.and_modify(|filling| {
            filling.trail = Arc::clone(trail);
            filling.file.add(entry.text, entry.event.time());
        })
        .or_insert_with(|| Filling {
            trail: Arc::clone(trail),
            file: OpenLogFile::new(entry.text, entry.event.time()),
        });
        self.bytes = before + entry.text.len();
    }

    /// Whether its files are to be closed.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let is_old = |since: Timestamp| now.duration_since(since) >= FILL_TIME;
        self.is_full() || self.since.is_some_and(is_old)
    }

    fn is_full(&self) -> bool {
        self.bytes >= SEGMENT_BYTES_MAX
    }
}

impl Intake {
    /// The open segment, when it is due; the next one begins.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Segment> {
        self.open.is_due(now).then(|| std::mem::take(&mut self.open))
    }
}

/// Follows the node's trail and sorts its records by the trails of their accounts.
pub struct Collector {
    store: Arc<SealedStore>,
    clock: Arc<dyn Clock>,
    intake: Arc<Mutex<Intake>>,
    position: Option<Position>,
    watch: Watch,
    /// None when they are to be read again.
    trails: Option<HashMap<AccountId, Vec<Arc<Trail>>>>,
}

impl Collector {
    pub(crate) fn new(
        store: Arc<SealedStore>,
        clock: Arc<dyn Clock>,
        intake: Arc<Mutex<Intake>>,
        position: Option<Position>,
    ) -> Collector {
        let watch = store.watch(Span::prefix(TRAILS));
        Collector { store, clock, intake, position, watch, trails: None }
    }

    /// The trails as they are: a change is seen before whoever made it is answered.
    async fn trails(&mut self) -> Result<&HashMap<AccountId, Vec<Arc<Trail>>>, CloudTrailError> {
        while self.watch.waiting().is_some() {
            self.trails = None;
        }
        if self.trails.is_none() {
            let mut trails: HashMap<_, Vec<_>> = HashMap::new();
            for trail in list_trails(&self.store, None).await? {
                trails.entry(trail.id.account).or_default().push(Arc::new(trail));
            }
            self.trails = Some(trails);
        }
        Ok(self.trails.get_or_insert_default())
    }

    async fn collect(&mut self, entries: &[Entry<'_>]) -> Result<(), ConsumerFault> {
        let (intake, now) = (Arc::clone(&self.intake), self.clock.now());
        let trails = self.trails().await.map_err(|error| ConsumerFault(error.to_string()))?;
        let mut intake = locked(&intake);
        if intake.is_spool_full || intake.open.is_full() {
            return Err(ConsumerFault(
                "log files wait to be delivered, and there is no room for more".into(),
            ));
        }
        let open = &mut intake.open;
        for entry in entries {
            let region: Option<Region> = entry.event.region().parse().ok();
            let of_account = entry.event.recipient().and_then(|account| trails.get(&account));
            for (trail, region) in of_account.into_iter().flatten().zip(region.into_iter().cycle()) {
                if trail.covers(region) && trail.takes(&entry.event) {
                    open.add(trail, region, entry);
                }
            }
            open.reached = Some(entry.after);
        }
        open.since.get_or_insert(now);
        self.position = open.reached.or(self.position);
        Ok(())
    }
}

impl Consumer for Collector {
    fn name(&self) -> &'static str {
        "delivery of log files"
    }

    fn position(&self) -> Option<Position> {
        self.position
    }

    fn take<'a>(&'a mut self, entries: &'a [Entry<'a>]) -> BoxFuture<'a, Result<(), ConsumerFault>> {
        self.collect(entries).boxed()
    }
}
