//! The keys that an issuer publishes: fetched when they are needed, held for a while, and never fetched too often.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use claviger_clock::Timestamp;
use futures_channel::oneshot;
use futures_util::FutureExt as _;
use futures_util::future::Shared;
use serde::Deserialize;

use super::key_set::{IssuerKey, KeySet, WantedKey};
use super::{FetchFailed, IssuerUrl, NoKey, Web};

/// Age from which keys are fetched again before they are relied on: as long may a withdrawn key be taken.
pub(super) const KEYS_FRESH_SECONDS: u64 = 900;

/// Age up to which keys are relied on while their issuer cannot be reached.
pub(super) const KEYS_KEPT_SECONDS: u64 = 86_400;

/// An issuer is asked no more often than this, whatever tokens come.
pub(super) const FETCH_INTERVAL_SECONDS: u64 = 10;

/// One issuer's keys, as far as they are known.
pub(super) struct Remote {
    issuer: IssuerUrl,
    place: Place,
    web: Arc<dyn Web>,
    held: ArcSwapOption<Held>,
    flight: Mutex<Flight>,
}

/// Where the keys are.
pub(super) enum Place {
    /// At this URL.
    At(Box<str>),
    /// Where the issuer's description says.
    Discovered,
}

struct Held {
    keys: KeySet,
    asked: Timestamp,
}

/// The last time that the issuer was asked.
#[derive(Default)]
struct Flight {
    begun: Option<Timestamp>,
    /// Ends when what was begun has.
    landing: Option<Landing>,
    has_failed: bool,
}

type Landing = Shared<oneshot::Receiver<()>>;

/// As much of an issuer's description as matters here.
#[derive(Deserialize)]
struct Description {
    issuer: Box<str>,
    jwks_uri: Box<str>,
}

impl Remote {
    pub(super) fn new(issuer: IssuerUrl, place: Place, web: Arc<dyn Web>) -> Remote {
        Remote { issuer, place, web, held: ArcSwapOption::empty(), flight: Mutex::default() }
    }

    /// The key that fits, of those held if they are fresh, else of those that the issuer has now. While the issuer
    /// cannot be reached, what is held serves on, and nobody waits for it.
    pub(super) async fn key(
        self: &Arc<Remote>,
        wanted: &WantedKey<'_>,
        now: Timestamp,
    ) -> Result<Arc<IssuerKey>, NoKey> {
        if let Some(held) = self.held.load_full().filter(|held| held.age_seconds(now) < KEYS_KEPT_SECONDS)
            && let Some(key) = held.keys.find(wanted)
        {
            if held.age_seconds(now) < KEYS_FRESH_SECONDS {
                return Ok(key);
            }
            let landing = self.ask(now);
            if self.flight().has_failed {
                return Ok(key);
            }
            wait(landing).await;
        } else {
            wait(self.ask(now)).await;
        }
        self.held_key(wanted, now)
    }

    fn held_key(&self, wanted: &WantedKey<'_>, now: Timestamp) -> Result<Arc<IssuerKey>, NoKey> {
        let held = self.held.load_full().filter(|held| held.age_seconds(now) < KEYS_KEPT_SECONDS);
        match held.and_then(|held| held.keys.find(wanted)) {
            Some(key) => Ok(key),
            None if self.flight().has_failed => Err(NoKey::Unreachable),
            None => Err(NoKey::Unknown),
        }
    }

    /// Asks the issuer, unless it is being asked or was a moment ago. Gives when that ends.
    fn ask(self: &Arc<Remote>, now: Timestamp) -> Option<Landing> {
        let mut flight = self.flight();
        if let Some(landing) = flight.landing.as_ref().filter(|landing| landing.peek().is_none()) {
            return Some(landing.clone());
        }
        if flight.begun.is_some_and(|begun| seconds_between(begun, now) < FETCH_INTERVAL_SECONDS) {
            return None;
        }
        let (landed, landing) = oneshot::channel();
        let landing = landing.shared();
        (flight.begun, flight.landing) = (Some(now), Some(landing.clone()));
        drop(flight);
        let remote = Arc::clone(self);
        // Not by whoever wants to know: a client that hangs up would break it off, and all others would wait in vain.
        self.web.spawn(Box::pin(async move {
            remote.fetch_and_hold(now).await;
            drop(landed);
        }));
        Some(landing)
    }

    async fn fetch_and_hold(&self, now: Timestamp) {
        let fetched = self.fetch().await;
        match &fetched {
            Ok(_) => tracing::debug!(issuer = %self.issuer, "the keys of an issuer were fetched"),
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "the keys of an issuer cannot be had")
            }
        }
        let has_failed = fetched.is_err();
        if let Ok(keys) = fetched {
            self.held.store(Some(Arc::new(Held { keys, asked: now })));
        }
        let mut flight = self.flight();
        (flight.has_failed, flight.landing) = (has_failed, None);
    }

    async fn fetch(&self) -> Result<KeySet, FetchFailed> {
        let keys_url = match &self.place {
            Place::At(url) => url.clone(),
            Place::Discovered => self.discover().await?,
        };
        let keys = self.web.fetch(&keys_url).await?;
        KeySet::read(&keys).map_err(|error| failed(&keys_url, &format!("no JSON Web Key Set: {error}")))
    }

    /// Where the issuer says that its keys are.
    async fn discover(&self) -> Result<Box<str>, FetchFailed> {
        let url = self.issuer.description_url();
        let description: Description = serde_json::from_slice(&self.web.fetch(&url).await?)
            .map_err(|error| failed(&url, &format!("no description of an issuer: {error}")))?;
        if *description.issuer != *self.issuer.as_str() {
            return Err(failed(&url, &format!("this describes the issuer {}", description.issuer)));
        }
        // Only the operator may name what is not https.
        match description.jwks_uri.starts_with("https://") {
            true => Ok(description.jwks_uri),
            false => Err(failed(&url, "its jwks_uri is not https")),
        }
    }

    fn flight(&self) -> MutexGuard<'_, Flight> {
        // What somebody panicked over says no more than that nothing is known.
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn age_seconds(&self, now: Timestamp) -> u64 {
        seconds_between(self.asked, now)
    }
}

/// Also of a clock that was set back: what was long ago or is yet to come is far away.
fn seconds_between(one: Timestamp, other: Timestamp) -> u64 {
    one.as_second().abs_diff(other.as_second())
}

async fn wait(landing: Option<Landing>) {
    if let Some(landing) = landing {
        // Cancelled is how it ends.
        let _ = landing.await;
    }
}

fn failed(url: &str, why: &str) -> FetchFailed {
    FetchFailed(format!("{url}: {why}").into())
}
