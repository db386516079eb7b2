//! What is looked up when somebody asks for the metrics, and not counted along the way.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::labels::{CacheLabels, DestinationLabels, FollowerLabels, KeyLabels, MessageLabels};

/// A cache, as it is now.
#[derive(Clone, Copy, Debug)]
pub struct CacheReading {
    /// What it holds.
    pub cache: &'static str,
    /// How often the store was read for it, since the start.
    pub misses: u64,
    /// Bytes that it holds.
    pub held_bytes: u64,
    /// Most bytes that it may hold.
    pub bytes_max: u64,
}

/// Somebody who follows the trail.
#[derive(Clone, Copy, Debug)]
pub struct FollowerReading {
    /// Its name.
    pub follower: &'static str,
    /// Records that it has not seen yet.
    pub behind_records: u64,
}

/// A destination of messages.
#[derive(Clone, Debug)]
pub struct DestinationReading {
    /// Its ARN.
    pub destination: String,
    /// Messages that arrived, since the start.
    pub sent: u64,
    /// Attempts that failed and are repeated.
    pub retried: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// Messages that were not accepted.
    pub refused: u64,
    /// Messages that wait.
    pub waiting: u64,
}

/// A key whose imported material expires.
#[derive(Clone, Debug)]
pub struct ExpirationReading {
    /// Its ARN.
    pub key_arn: String,
    /// In so many seconds.
    pub seconds: i64,
}

/// Where they are told.
pub(crate) struct Readings {
    misses: Family<CacheLabels, Counter>,
    held_bytes: Family<CacheLabels, Gauge>,
    bytes_max: Family<CacheLabels, Gauge>,
    behind: Family<FollowerLabels, Gauge>,
    expirations: Family<KeyLabels, Gauge>,
    messages: Family<MessageLabels, Counter>,
    waiting: Family<DestinationLabels, Gauge>,
}

impl Readings {
    pub(crate) fn new(registry: &mut Registry) -> Readings {
        let readings = Readings {
            misses: Family::default(),
            held_bytes: Family::default(),
            bytes_max: Family::default(),
            behind: Family::default(),
            expirations: Family::default(),
            messages: Family::default(),
            waiting: Family::default(),
        };
        registry.register(
            "cache_misses",
            "Reads of the store for what a cache did not hold",
            readings.misses.clone(),
        );
        let unit = || Unit::Bytes;
        registry.register_with_unit("cache_held", "What a cache holds", unit(), readings.held_bytes.clone());
        registry.register_with_unit(
            "cache_limit",
            "What a cache may hold",
            unit(),
            readings.bytes_max.clone(),
        );
        registry.register(
            "trail_behind_records",
            "Records of the trail that a follower has not seen yet",
            readings.behind.clone(),
        );
        registry.register_with_unit(
            "key_material_expires",
            "Time until imported key material expires, for the keys where that is soonest",
            Unit::Seconds,
            readings.expirations.clone(),
        );
        registry.register(
            "messages",
            "Messages to destinations: sent, attempts to be repeated, given up (dead) and refused",
            readings.messages.clone(),
        );
        registry.register(
            "messages_waiting",
            "Messages that were accepted for a destination and are neither there nor given up",
            readings.waiting.clone(),
        );
        readings
    }

    pub(crate) fn note_destinations(&self, destinations: Vec<DestinationReading>) {
        for reading in destinations {
            let DestinationReading { destination, sent, retried, dead, refused, waiting } = reading;
            for (outcome, count) in
                [("sent", sent), ("retried", retried), ("dead", dead), ("refused", refused)]
            {
                let labels = MessageLabels { destination: destination.clone(), outcome };
                let counter = self.messages.get_or_create_owned(&labels);
                counter.inc_by(count.saturating_sub(counter.get()));
            }
            self.waiting.get_or_create(&DestinationLabels { destination }).set(whole(waiting));
        }
    }

    pub(crate) fn note_caches(&self, caches: &[CacheReading]) {
        for reading in caches {
            let labels = CacheLabels { cache: reading.cache };
            let misses = self.misses.get_or_create_owned(&labels);
            misses.inc_by(reading.misses.saturating_sub(misses.get()));
            self.held_bytes.get_or_create(&labels).set(whole(reading.held_bytes));
            self.bytes_max.get_or_create(&labels).set(whole(reading.bytes_max));
        }
    }

    pub(crate) fn note_followers(&self, followers: &[FollowerReading]) {
        for FollowerReading { follower, behind_records } in followers {
            self.behind.get_or_create(&FollowerLabels { follower }).set(whole(*behind_records));
        }
    }

    /// A key whose material no longer expires is no longer told.
    pub(crate) fn note_expirations(&self, expirations: Vec<ExpirationReading>) {
        self.expirations.clear();
        for ExpirationReading { key_arn, seconds } in expirations {
            self.expirations.get_or_create(&KeyLabels { key_arn }).set(seconds);
        }
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
