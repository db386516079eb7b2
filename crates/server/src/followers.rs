//! Whoever is told of every record: they read the trail behind the requests, so that no request waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use claviger_audit::{Batch, Consumer, Entry, FollowFault, Follower, Position, Trail};
use claviger_monitor::FollowerReading;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};

/// How often the trail is looked at for what is new. Polled, because to be told would cost the requests a wake-up each.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Batches that are handed out before what is due is looked after again.
const BATCHES_PER_LOOK: usize = 64;

/// Something that becomes due with time: log files to be delivered, alarms to be evaluated. It is asked after every look
/// at the trail, knows by the clock whether there is something to do, and tells what fails in the log by itself.
pub trait Overdue: Send + Sync {
    /// Does what is due.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// The consumers of a node's trail, and what becomes due beside them.
pub struct Followers {
    trail: Arc<Trail>,
    following: Mutex<Vec<Following>>,
    /// How many records each has seen, for whoever asks while they are being told.
    seen: Box<[(&'static str, Arc<AtomicU64>)]>,
    overdue: Box<[Arc<dyn Overdue>]>,
}

/// A consumer, and how it goes with it.
struct Following {
    consumer: Box<dyn Consumer>,
    /// Where it goes on, where its own position is one that the trail no longer has: a loss of power cut the trail.
    cut_back: Option<Position>,
    /// Whether it could not take what it was given last.
    is_refusing: bool,
    /// Records that it has seen.
    seen: Arc<AtomicU64>,
}

impl Followers {
    /// These consumers of this trail.
    pub fn new(
        trail: Arc<Trail>,
        consumers: Vec<Box<dyn Consumer>>,
        overdue: impl IntoIterator<Item = Arc<dyn Overdue>>,
    ) -> Followers {
        let end = trail.end();
        let following: Vec<Following> =
            consumers.into_iter().map(|consumer| Following::new(consumer, end)).collect();
        let seen = |following: &Following| (following.consumer.name(), Arc::clone(&following.seen));
        let seen = following.iter().map(seen).collect();
        Followers { trail, following: Mutex::new(following), seen, overdue: overdue.into_iter().collect() }
    }

    /// Follows until it is dropped.
    pub(crate) async fn run(&self) {
        let mut due = interval(LOOK_INTERVAL);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            self.catch_up().await;
        }
    }

    /// The consumers, and how many records each has not seen yet.
    pub(crate) fn behind(&self) -> Vec<FollowerReading> {
        let end = self.trail.end().records;
        let reading = |(follower, seen): &(&'static str, Arc<AtomicU64>)| FollowerReading {
            follower,
            behind_records: end.saturating_sub(seen.load(Ordering::Relaxed)),
        };
        self.seen.iter().map(reading).collect()
    }

    /// Tells every consumer all that is on record by now, and does what is due.
    pub async fn catch_up(&self) {
        let mut following = self.following.lock().await;
        loop {
            let has_more = self.hand_out_some(&mut following).await;
            for overdue in &self.overdue {
                overdue.settle().await;
            }
            if !has_more {
                return;
            }
        }
    }

    /// Hands out some batches; answers whether there may be more. Whoever refuses one is left until the next look.
    async fn hand_out_some(&self, following: &mut [Following]) -> bool {
        let mut willing: Vec<&mut Following> = following.iter_mut().collect();
        for _ in 0..BATCHES_PER_LOOK {
            let Some(from) = willing.iter().map(|following| following.reached()).min() else { return false };
            match self.read(from).await {
                Some(batch) if !batch.is_empty() => hand_out(&batch, &mut willing).await,
                Some(_) | None => return false,
            }
        }
        !willing.is_empty()
    }

    /// The next records; what was lost to the followers is told in the log and passed over.
    async fn read(&self, from: Position) -> Option<Batch> {
        let mut follower = Follower::new(Arc::clone(&self.trail), Some(from));
        let read = move || loop {
            match follower.read() {
                Err(fault @ FollowFault::Unreadable { .. }) => return Err(fault),
                Err(fault) => tracing::error!(%fault, "followers of the trail miss something"),
                Ok(batch) => return Ok(batch),
            }
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(batch)) => Some(batch),
            Ok(Err(fault)) => {
                tracing::warn!(%fault, "the trail cannot be followed for now");
                None
            }
            Err(_) => None,
        }
    }
}

impl Following {
    fn new(consumer: Box<dyn Consumer>, end: Position) -> Following {
        let is_cut = consumer.position().is_some_and(|position| position > end);
        let seen = Arc::new(AtomicU64::new(consumer.position().unwrap_or_default().min(end).records));
        Following { consumer, cut_back: is_cut.then_some(end), is_refusing: false, seen }
    }

    fn reached(&self) -> Position {
        self.cut_back.or(self.consumer.position()).unwrap_or_default()
    }

    /// Gives it what it has not seen; answers whether it took that. What goes wrong is told once until it goes well.
    async fn take(&mut self, entries: &[Entry<'_>]) -> bool {
        let before = self.reached();
        let new = &entries[entries.partition_point(|entry| entry.after.records <= before.records)..];
        if new.is_empty() {
            return true;
        }
        let consumer = self.consumer.name();
        match self.consumer.take(new).await {
            Ok(()) => {
                self.cut_back = None;
                self.seen.store(self.reached().records, Ordering::Relaxed);
                if std::mem::take(&mut self.is_refusing) {
                    tracing::info!(consumer, "the trail is followed again");
                }
                self.reached() > before
            }
            Err(fault) => {
                if !std::mem::replace(&mut self.is_refusing, true) {
                    tracing::warn!(consumer, %fault, "the trail is followed later");
                }
                false
            }
        }
    }
}

async fn hand_out(batch: &Batch, willing: &mut Vec<&mut Following>) {
    let (entries, mut at) = (batch.entries(), 0);
    while at < willing.len() {
        match willing[at].take(&entries).await {
            true => at += 1,
            false => drop(willing.swap_remove(at)),
        }
    }
}
