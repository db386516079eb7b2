//! Whoever is told of every record: they read the trail behind the requests, so that no request waits for them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use claviger_audit::{Batch, Consumer, Entry, FollowFault, Follower, Position, Trail};
use claviger_monitor::FollowerReading;
use futures_util::future::{BoxFuture, FutureExt as _};
#[cfg(target_os = "linux")]
use rustix::process::{getpriority_process, setpriority_process};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

/// How often the trail is looked at for what is new. Polled, because to be told would cost the requests a wake-up each.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// How soon again when there is much: what waits then is still in the processor's cache, and its memory is soon used again.
const BUSY_LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// So many records are much: by how many all have come further at a look.
const BUSY_RECORDS: u64 = 256;

/// Batches that are kept for whoever has not had them.
const SHELVED_BATCHES_MAX: usize = 16;

/// By how much the threads that follow are nicer than the rest. On two processors that are full of requests they still have
/// a sixth of both, and need a tenth.
const NICENESS: i32 = 5;

/// Something that becomes due with time: log files to be delivered, alarms to be evaluated. It is asked after every look
/// at the trail, knows by the clock whether there is something to do, and tells what fails in the log by itself.
pub trait Overdue: Send + Sync {
    /// Does what is due.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// The consumers of a node's trail, and what becomes due beside them.
///
/// Consumers are followed in groups, each by a thread of its own, and what becomes due has a task: what accounts make of the
/// trail, their filters and rules, holds up neither the index nor the delivery.
pub struct Followers {
    trail: Arc<Trail>,
    groups: Box<[Mutex<Vec<Following>>]>,
    /// How many records each has seen, for whoever asks while they are being told.
    seen: Box<[(&'static str, Arc<AtomicU64>)]>,
    shelf: Shelf,
    overdue: Box<[Arc<dyn Overdue>]>,
    ending: watch::Sender<bool>,
    /// Set when there is no more time to catch up.
    is_cut: AtomicBool,
}

/// What one group has read and others have not: they mostly stand at one place, and what is read once, and parsed, is for
/// all of them.
#[derive(Default)]
struct Shelf(std::sync::Mutex<VecDeque<Shelved>>);

struct Shelved {
    from: Position,
    batch: Arc<Batch>,
    /// How many groups have not had it.
    wanted_by: usize,
}

/// A consumer, and how it goes with it.
struct Following {
    consumer: Box<dyn Consumer>,
    /// Where it goes on, where that is not its own position: the trail lost its end in a loss of power, or has lines that
    /// are no records.
    elsewhere: Option<Position>,
    /// Whether it could not take what it was given last.
    is_refusing: bool,
    /// Records that it has seen.
    seen: Arc<AtomicU64>,
}

impl Followers {
    /// These groups of consumers of this trail.
    pub fn new(
        trail: Arc<Trail>,
        groups: Vec<Vec<Box<dyn Consumer>>>,
        overdue: impl IntoIterator<Item = Arc<dyn Overdue>>,
    ) -> Followers {
        let end = trail.end();
        let following = |consumer| Following::new(consumer, end);
        let groups: Vec<Vec<Following>> =
            groups.into_iter().map(|group| group.into_iter().map(following).collect()).collect();
        let seen = |following: &Following| (following.consumer.name(), Arc::clone(&following.seen));
        let seen = groups.iter().flatten().map(seen).collect();
        let groups = groups.into_iter().map(Mutex::new).collect();
        let (ending, _) = watch::channel(false);
        let (shelf, overdue) = (Shelf::default(), overdue.into_iter().collect());
        let is_cut = AtomicBool::new(false);
        Followers { trail, groups, seen, shelf, overdue, ending, is_cut }
    }

    /// Nobody follows.
    pub fn none(trail: Arc<Trail>) -> Followers {
        Followers::new(trail, Vec::new(), [])
    }

    /// Starts the threads that follow until [`Followers::end`], and the task of what becomes due.
    ///
    /// Threads, because to follow is work and not waiting: beside the requests on the runtime's own it would hold them up, and
    /// what is read and parsed stays in one processor's cache. They give way to requests.
    pub(crate) fn start(self: &Arc<Self>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for group in 0..self.groups.len() {
            let (own, runtime) = (Arc::clone(self), Handle::current());
            tasks.spawn_blocking(move || {
                give_way();
                let look = || own.look(&own.groups[group]);
                runtime.block_on(again_and_again(own.ending.subscribe(), look));
            });
        }
        let own = Arc::clone(self);
        let settle = async move {
            let work = || own.settle().map(|()| LOOK_INTERVAL);
            again_and_again(own.ending.subscribe(), work).await;
        };
        tasks.spawn(settle);
        tasks
    }

    /// Lets all end what they are about, within this time.
    pub(crate) async fn end(&self, mut tasks: JoinSet<()>, patience: Duration) {
        self.ending.send_replace(true);
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(patience, all).await.is_err() {
            self.is_cut.store(true, Ordering::Relaxed);
            tracing::warn!("whoever follows the trail is cut off; it goes on from there at the next start");
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
    pub async fn catch_up(self: &Arc<Self>) {
        let (own, runtime) = (Arc::clone(self), Handle::current());
        let follow = async move {
            for group in &own.groups {
                own.follow(group).await;
            }
        };
        if spawn_blocking(move || runtime.block_on(follow)).await.is_err() {
            tracing::error!("whoever follows the trail did not catch up");
        }
        self.settle().await;
    }

    async fn settle(&self) {
        for overdue in &self.overdue {
            overdue.settle().await;
        }
    }

    /// Tells a group all that is on record by now, and answers when it is to look again.
    async fn look(&self, group: &Mutex<Vec<Following>>) -> Duration {
        let seen = self.follow(group).await;
        if seen < BUSY_RECORDS { LOOK_INTERVAL } else { BUSY_LOOK_INTERVAL }
    }

    /// Tells a group all that is on record by now, and blocks its thread where it reads; answers how many records further the
    /// slowest has come. Whoever refuses something is left until the next look.
    async fn follow(&self, group: &Mutex<Vec<Following>>) -> u64 {
        let slowest = |group: &[Following]| group.iter().map(Following::reached).min().unwrap_or_default();
        let mut group = group.lock().await;
        let before = slowest(&group);
        let mut willing: Vec<&mut Following> = group.iter_mut().collect();
        while let Some(from) = willing.iter().map(|following| following.reached()).min()
            && !self.is_cut.load(Ordering::Relaxed)
        {
            let Some(batch) = self.read(from).filter(|batch| !batch.is_empty()) else { break };
            hand_out(&batch, &mut willing).await;
        }
        slowest(&group).records.saturating_sub(before.records)
    }

    /// The next records; what was lost to the followers is told in the log and passed over.
    fn read(&self, from: Position) -> Option<Arc<Batch>> {
        if let Some(batch) = self.shelf.take(from) {
            return Some(batch);
        }
        let mut follower = Follower::new(Arc::clone(&self.trail), Some(from));
        loop {
            match follower.read() {
                Ok(batch) => {
                    let batch = Arc::new(batch);
                    self.shelf.put(from, &batch, self.groups.len().saturating_sub(1));
                    return Some(batch);
                }
                Err(fault @ FollowFault::Unreadable { .. }) => {
                    tracing::warn!(%fault, "the trail cannot be followed for now");
                    return None;
                }
                Err(fault) => tracing::error!(%fault, "followers of the trail miss something"),
            }
        }
    }
}

impl Shelf {
    fn take(&self, from: Position) -> Option<Arc<Batch>> {
        let mut shelved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = shelved.iter().position(|shelved| shelved.from == from)?;
        let found = &mut shelved[at];
        found.wanted_by -= 1;
        let batch = Arc::clone(&found.batch);
        if found.wanted_by == 0 {
            shelved.remove(at);
        }
        Some(batch)
    }

    /// Keeps it for the others. Who is far behind finds nothing here and reads by itself.
    fn put(&self, from: Position, batch: &Arc<Batch>, wanted_by: usize) {
        if wanted_by == 0 || batch.is_empty() {
            return;
        }
        let mut shelved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shelved.len() == SHELVED_BATCHES_MAX {
            shelved.pop_front();
        }
        shelved.push_back(Shelved { from, batch: Arc::clone(batch), wanted_by });
    }
}

impl Following {
    fn new(consumer: Box<dyn Consumer>, end: Position) -> Following {
        let is_cut = consumer.position().is_some_and(|position| position > end);
        let seen = Arc::new(AtomicU64::new(consumer.position().unwrap_or_default().min(end).records));
        Following { consumer, elsewhere: is_cut.then_some(end), is_refusing: false, seen }
    }

    fn reached(&self) -> Position {
        self.elsewhere.or(self.consumer.position()).unwrap_or_default()
    }

    /// Gives it what it has not seen of a batch that ends here; answers whether it took that. What goes wrong is told once
    /// until it goes well.
    async fn take(&mut self, entries: &[Entry<'_>], end: Position) -> bool {
        let before = self.reached();
        let new = &entries[entries.partition_point(|entry| entry.after.records <= before.records)..];
        let consumer = self.consumer.name();
        let taken = if new.is_empty() { Ok(()) } else { self.consumer.take(new).await };
        if let Err(fault) = taken {
            if !std::mem::replace(&mut self.is_refusing, true) {
                tracing::warn!(consumer, %fault, "the trail is followed later");
            }
            return false;
        }
        if std::mem::take(&mut self.is_refusing) {
            tracing::info!(consumer, "the trail is followed again");
        }
        // Behind the last record may stand lines that are none.
        let seen = new.last().map(|entry| entry.after);
        self.elsewhere = if seen == Some(end) { None } else { Some(end.max(before)) };
        self.seen.store(self.reached().records, Ordering::Relaxed);
        seen.is_none() || self.reached() > before
    }
}

/// Lets the operating system prefer the other threads to this one. A thread that waits to write records for many must not
/// wait for one that reads them.
fn give_way() {
    // On Linux priorities are those of threads.
    #[cfg(target_os = "linux")]
    if let Err(error) = getpriority_process(None).and_then(|now| setpriority_process(None, now + NICENESS)) {
        tracing::debug!(%error, "the threads that follow the trail are as any other");
    }
}

async fn hand_out(batch: &Batch, willing: &mut Vec<&mut Following>) {
    let (entries, mut at) = (batch.entries(), 0);
    if entries.len() < batch.len() {
        tracing::error!(lines = batch.len() - entries.len(), "the trail has lines that are no records");
    }
    while at < willing.len() {
        match willing[at].take(&entries, batch.end()).await {
            true => at += 1,
            false => drop(willing.swap_remove(at)),
        }
    }
}

/// Does it again and again, each time as soon as it says, until the end.
async fn again_and_again<F: Future<Output = Duration>>(
    mut ending: watch::Receiver<bool>,
    mut work: impl FnMut() -> F,
) {
    while !*ending.borrow() {
        let pause = work().await;
        // The end cuts the pause short.
        let _ = timeout(pause, ending.changed()).await;
    }
}

#[cfg(test)]
mod tests;
