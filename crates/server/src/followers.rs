//! Whoever is told of every record: they read the trail behind the requests, so that no request waits for them.

use std::sync::Arc;
use std::time::Duration;

use claviger_audit::{Batch, Consumer, FollowFault, Follower, Position, Trail};
use claviger_monitor::FollowerReading;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};

/// How often the trail is looked at for what is new. Polled, because to be told would cost the requests a wake-up each.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Something that becomes due with time: log files to be delivered, alarms to be evaluated. It is asked after every look
/// at the trail, knows by the clock whether there is something to do, and tells what fails in the log by itself.
pub trait Overdue: Send + Sync {
    /// Does what is due.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// The consumers of a node's trail, and what becomes due beside them.
pub struct Followers {
    trail: Arc<Trail>,
    consumers: Mutex<Vec<Box<dyn Consumer>>>,
    overdue: Box<[Arc<dyn Overdue>]>,
}

impl Followers {
    /// These consumers of this trail.
    pub fn new(
        trail: Arc<Trail>,
        consumers: Vec<Box<dyn Consumer>>,
        overdue: impl IntoIterator<Item = Arc<dyn Overdue>>,
    ) -> Followers {
        Followers { trail, consumers: Mutex::new(consumers), overdue: overdue.into_iter().collect() }
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

    /// The consumers, and how many records each has not seen yet. While they are being told, nobody is named.
    pub(crate) fn behind(&self) -> Vec<FollowerReading> {
        let Ok(consumers) = self.consumers.try_lock() else { return Vec::new() };
        let end = self.trail.end().records;
        let reading = |consumer: &Box<dyn Consumer>| FollowerReading {
            follower: consumer.name(),
            behind_records: end.saturating_sub(reached(consumer.as_ref()).records),
        };
        consumers.iter().map(reading).collect()
    }

    /// Tells every consumer all that is on record by now, and then does what is due.
    pub async fn catch_up(&self) {
        let mut consumers = self.consumers.lock().await;
        let mut willing: Vec<&mut Box<dyn Consumer>> = consumers.iter_mut().collect();
        while let Some(from) = willing.iter().map(|consumer| reached(consumer.as_ref())).min() {
            let Some(batch) = self.read(from).await else { break };
            if batch.is_empty() {
                break;
            }
            self.hand_out(&batch, &mut willing).await;
        }
        for overdue in &self.overdue {
            overdue.settle().await;
        }
    }

    /// Gives each what it has not seen; whoever cannot take it is left until the next look.
    async fn hand_out(&self, batch: &Batch, willing: &mut Vec<&mut Box<dyn Consumer>>) {
        let entries = batch.entries();
        let mut at = 0;
        while at < willing.len() {
            let before = reached(willing[at].as_ref());
            let new = &entries[entries.partition_point(|entry| entry.after.records <= before.records)..];
            let taken = if new.is_empty() { Ok(()) } else { willing[at].take(new).await };
            let has_moved = new.is_empty() || reached(willing[at].as_ref()) > before;
            match taken {
                Ok(()) if has_moved => at += 1,
                taken => {
                    let (consumer, fault) = (willing[at].name(), taken.err().map(|fault| fault.to_string()));
                    tracing::warn!(consumer, fault, "the trail is followed later");
                    willing.swap_remove(at);
                }
            }
        }
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

fn reached(consumer: &dyn Consumer) -> Position {
    consumer.position().unwrap_or_default()
}
