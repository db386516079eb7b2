//! Messages in, each to the queue of its destination; and the tasks that take them out.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use claviger_clock::Clock;
use claviger_crypto::Random;
use claviger_monitor::{Courier, MESSAGE_BYTES_MAX, Message, Unsent};
use claviger_names::AccountId;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::arn::DestinationArn;
use crate::carrier::{Carrier, Undelivered};
use crate::dead_letters::DeadLetters;
use crate::destination::Destination;
use crate::letter::Letter;
use crate::patience::{self, Next};
use crate::queue::{Parcel, Queue};
use crate::spool::{self, Spool};

#[cfg(test)]
mod tests;

/// How often letters that wait for their time are looked at: the clock may have been moved.
const LOOK: Duration = Duration::from_millis(200);

/// Where letters are kept, in the directory.
const SPOOL: &str = "spool";

/// The file of what was given up, in the directory.
const DEAD_LETTERS: &str = "dead-letters.jsonl";

/// What a courier is made of.
pub struct DispatchParts {
    /// Where messages can be sent.
    pub destinations: Vec<Destination>,
    /// Where they are kept until they are there.
    pub keeping: Keeping,
    /// Says when they are tried again.
    pub clock: Arc<dyn Clock>,
    /// Spreads those times.
    pub random: Arc<dyn Random>,
}

/// Where messages are kept until they are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// In this directory, which is made.
    Directory(PathBuf),
    /// Nowhere: they are gone with the process.
    Memory,
}

/// Why there is no courier.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// A destination cannot be used.
    #[error("the destination {arn}: {cause}")]
    Destination {
        /// Which.
        arn: DestinationArn,
        /// What is wrong with it.
        cause: String,
    },
    /// A destination is given more than once.
    #[error("the destination {0} is given more than once")]
    Twice(DestinationArn),
    /// The directory cannot be used.
    #[error("{}: {cause}", .directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why not.
        cause: io::Error,
    },
}

/// What became of the messages to one destination since the process began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The destination.
    pub arn: Box<str>,
    /// Delivered.
    pub sent: u64,
    /// Attempts that failed and are repeated.
    pub retried: u64,
    /// Given up.
    pub dead: u64,
    /// Not accepted: there was no room, or they could not be kept.
    pub refused: u64,
    /// Accepted and neither delivered nor given up yet.
    pub waiting: u64,
}

/// Takes messages to where an operator wants them.
pub struct Dispatch {
    routes: Vec<Route>,
    kept: Option<Kept>,
    next_number: AtomicU64,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

struct Kept {
    spool: Spool,
    dead_letters: DeadLetters,
    /// Whether the last letter could not be kept.
    is_failing: AtomicBool,
}

struct Route {
    destination: Destination,
    carrier: Carrier,
    queue: Mutex<Queue>,
    arrived: Notify,
    sent: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
    refused: AtomicU64,
}

impl Dispatch {
    /// Makes the ways ready and takes up what was kept. Nothing is delivered before [`Dispatch::run`].
    pub fn open(parts: DispatchParts) -> Result<Arc<Dispatch>, CourierError> {
        let DispatchParts { destinations, keeping, clock, random } = parts;
        let mut seen = BTreeSet::new();
        if let Some(twice) = destinations.iter().find(|one| !seen.insert(one.arn.as_str())) {
            return Err(CourierError::Twice(twice.arn.clone()));
        }
        let routes = destinations.into_iter().map(Route::to).collect::<Result<_, _>>()?;
        let (kept, letters) = match keeping {
            Keeping::Memory => (None, Vec::new()),
            Keeping::Directory(directory) => {
                let at = |cause| CourierError::Directory { directory: directory.clone(), cause };
                spool::make_private(&directory).map_err(at)?;
                let (spool, letters) = Spool::open(&directory.join(SPOOL)).map_err(at)?;
                let dead_letters = DeadLetters::new(directory.join(DEAD_LETTERS));
                (Some(Kept { spool, dead_letters, is_failing: AtomicBool::new(false) }), letters)
            }
        };
        let next_number = AtomicU64::new(letters.last().map_or(0, |(number, _)| number + 1));
        let dispatch = Arc::new(Dispatch { routes, kept, next_number, clock, random });
        letters.into_iter().for_each(|(number, letter)| dispatch.take_up(number, letter));
        Ok(dispatch)
    }

    /// Delivers, until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let mut porters = JoinSet::new();
        for at in 0..self.routes.len() {
            for _ in 0..self.routes[at].carrier.at_a_time() {
                porters.spawn(Arc::clone(&self).deliver(at));
            }
        }
        porters.join_all().await;
    }

    /// What became of the messages to each destination.
    pub fn counts(&self) -> Vec<Counts> {
        self.routes.iter().map(Route::counts).collect()
    }

    /// A letter that an earlier process accepted. One to where nothing goes any more is dead.
    fn take_up(&self, number: u64, letter: Letter) {
        let parcel = Parcel { number, letter, attempts: 0 };
        match self.route(&parcel.letter.to) {
            Some(route) => {
                route.queue().accept(parcel);
                route.arrived.notify_one();
            }
            None => self.bury(&parcel, "there is no such destination any more"),
        }
    }

    fn route(&self, arn: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.destination.arn.as_str() == arn)
    }

    async fn deliver(self: Arc<Self>, at: usize) {
        let route = &self.routes[at];
        loop {
            let taken = route.queue().take_due(self.clock.now());
            match taken {
                Some(parcel) => self.attempt(route, parcel).await,
                None if route.queue().is_waiting() => {
                    drop(tokio::time::timeout(LOOK, route.arrived.notified()).await);
                }
                None => route.arrived.notified().await,
            }
        }
    }

    async fn attempt(&self, route: &Route, mut parcel: Parcel) {
        // Whoever waits may find more.
        route.arrived.notify_one();
        let outcome = route.carrier.carry(&parcel.letter, self.clock.now()).await;
        let Err(undelivered) = outcome else {
            route.sent.fetch_add(1, Ordering::Relaxed);
            route.queue().settle(&parcel);
            return self.forget(&parcel);
        };
        parcel.attempts += 1;
        let (arn, reason, id) = (&route.destination.arn, undelivered.reason(), &*parcel.letter.id);
        let next = match undelivered {
            Undelivered::ForGood(_) => Next::GiveUp,
            Undelivered::ForNow(_) => {
                patience::after(parcel.attempts, parcel.letter.accepted(), self.clock.now(), self.chance())
            }
        };
        match next {
            Next::Retry(due) => {
                tracing::warn!(destination = %arn, id, attempts = parcel.attempts, reason, "not delivered yet");
                route.retried.fetch_add(1, Ordering::Relaxed);
                route.queue().wait_until(due, parcel);
            }
            Next::GiveUp => {
                route.dead.fetch_add(1, Ordering::Relaxed);
                route.queue().settle(&parcel);
                self.bury(&parcel, reason);
            }
        }
    }

    /// Whether a letter is kept. That letters cannot be is told once, until one can.
    fn keep(&self, number: u64, letter: &Letter) -> bool {
        let Some(kept) = &self.kept else { return true };
        let outcome = kept.spool.keep(number, letter);
        let was_failing = kept.is_failing.swap(outcome.is_err(), Ordering::Relaxed);
        if let Err(error) = &outcome
            && !was_failing
        {
            tracing::error!(%error, id = %letter.id, "messages cannot be kept and are not accepted");
        }
        outcome.is_ok()
    }

    fn chance(&self) -> u16 {
        let mut bytes = [0; 2];
        // Without randomness the waits are not spread, and no shorter than they should be.
        if self.random.fill_public(&mut bytes).is_err() { u16::MAX } else { u16::from_le_bytes(bytes) }
    }

    /// Writes down that a letter was given up, then forgets it.
    fn bury(&self, parcel: &Parcel, reason: &str) {
        let Letter { to, id, .. } = &parcel.letter;
        tracing::error!(destination = %to, %id, attempts = parcel.attempts, reason, "given up");
        let buried = match &self.kept {
            Some(kept) => kept.dead_letters.bury(parcel, reason, self.clock.now()),
            None => Ok(()),
        };
        match buried {
            Ok(()) => self.forget(parcel),
            Err(error) => {
                tracing::error!(%error, %id, "a dead letter was not written down; it stays in the spool")
            }
        }
    }

    fn forget(&self, parcel: &Parcel) {
        let forgotten = self.kept.as_ref().map_or(Ok(()), |kept| kept.spool.forget(parcel.number));
        if let Err(error) = forgotten {
            tracing::error!(%error, id = %parcel.letter.id, "a message stays in the spool and will come again");
        }
    }
}

impl Courier for Dispatch {
    fn knows(&self, arn: &str, account: AccountId, region: &str) -> bool {
        let may_send =
            |route: &Route| route.destination.is_shared || route.destination.arn.is_of(account, region);
        self.route(arn).is_some_and(may_send)
    }

    fn send(&self, arn: &str, message: Message) -> Result<(), Unsent> {
        let route = self.route(arn).ok_or(Unsent::Unknown)?;
        if message.body.len() > MESSAGE_BYTES_MAX {
            return Err(Unsent::TooLong);
        }
        let letter = Letter::new(arn, message, self.clock.now());
        let mut queue = route.queue();
        if !queue.has_room(&letter.account, letter.body.len()) {
            route.refused.fetch_add(1, Ordering::Relaxed);
            if queue.refuse(&letter.account) {
                tracing::error!(destination = arn, account = %letter.account, "full: messages are refused");
            }
            return Err(Unsent::Full);
        }
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        if !self.keep(number, &letter) {
            route.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Unsent::NotKept);
        }
        queue.accept(Parcel { number, letter, attempts: 0 });
        route.arrived.notify_one();
        Ok(())
    }
}

impl Route {
    fn to(destination: Destination) -> Result<Route, CourierError> {
        Ok(Route {
            carrier: Carrier::to(&destination)?,
            queue: Mutex::new(Queue::new(destination.is_shared)),
            destination,
            arrived: Notify::new(),
            sent: AtomicU64::default(),
            retried: AtomicU64::default(),
            dead: AtomicU64::default(),
            refused: AtomicU64::default(),
        })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> Counts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            arn: self.destination.arn.as_str().into(),
            sent: count(&self.sent),
            retried: count(&self.retried),
            dead: count(&self.dead),
            refused: count(&self.refused),
            waiting: u64::try_from(self.queue().len()).unwrap_or(u64::MAX),
        }
    }
}
