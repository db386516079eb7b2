//! What the operations of CloudWatch work with, and what is done every minute.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use claviger_audit::RequestId;
use claviger_clock::{Clock, SignedDuration, Timestamp};
use claviger_crypto::Random;
use claviger_seal::SealedStore;

use super::alarm::sweep_history;
use super::expiries::{Expiries, measured};
use super::query::MINUTE_SECONDS;
use super::store::MetricStore;
use crate::place::Places;
use crate::{Courier, WatchFault};

/// How long a minute is over before its values are looked at, so that what was just done is on record.
const SETTLED: SignedDuration = SignedDuration::from_secs(1);

/// Minutes of a day.
const DAY_MINUTES: i64 = 24 * 60;

/// The metrics and alarms of a node.
pub struct CloudWatch {
    pub(crate) store: Arc<SealedStore>,
    pub(crate) metrics: MetricStore,
    pub(crate) places: Arc<Places>,
    pub(crate) courier: Arc<dyn Courier>,
    expiries: Arc<dyn Expiries>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// The minute, counted from 1970, whose duties are done.
    settled: AtomicI64,
}

/// What they are made of.
pub(crate) struct Parts {
    pub store: Arc<SealedStore>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub courier: Arc<dyn Courier>,
    pub expiries: Arc<dyn Expiries>,
}

impl CloudWatch {
    pub(crate) async fn open(
        parts: Parts,
        places: Arc<Places>,
        series_max: usize,
    ) -> Result<Self, WatchFault> {
        let Parts { store, clock, random, courier, expiries } = parts;
        let metrics = MetricStore::open(store.clone(), random.clone(), places.clone(), series_max).await?;
        let settled = AtomicI64::new(minute(clock.now()));
        Ok(CloudWatch { store, metrics, places, courier, expiries, clock, random, settled })
    }

    /// Does what is due every minute, if one has passed since it was last done. What fails is told in the log and done
    /// the next minute.
    pub(crate) async fn settle(&self, before: impl FnOnce(i64) + Send) {
        let now = self.clock.now().saturating_sub(SETTLED).unwrap_or_default();
        let (minute, last) = (minute(now), self.settled.load(Ordering::Acquire));
        if minute == last {
            return;
        }
        self.settled.store(minute, Ordering::Release);
        before(minute);
        told("what expires is not measured", self.measure_expiries().await);
        told("alarms are not evaluated", self.evaluate_alarms(now).await);
        told("what alarms tell is not sent", self.tell_forgotten(now).await);
        told("metrics are not written", self.metrics.write().await);
        if minute.div_euclid(DAY_MINUTES) != last.div_euclid(DAY_MINUTES) {
            told("what is past its time is not deleted", self.sweep(now).await);
        }
    }

    async fn measure_expiries(&self) -> Result<(), WatchFault> {
        let now = self.clock.now();
        let expiring = self.expiries.expiring().await.map_err(WatchFault::Expiries)?;
        let values = expiring.iter().map(|key| {
            let (name, value) = measured(key, now);
            (name, minute(now), value)
        });
        self.metrics.add(values, None);
        Ok(())
    }

    async fn sweep(&self, now: Timestamp) -> Result<(), WatchFault> {
        self.metrics.sweep(minute(now).div_euclid(super::minutes::MINUTES_PER_HOUR)).await?;
        for place in self.places.all() {
            sweep_history(&self.store, place, now).await?;
        }
        Ok(())
    }

    pub(crate) fn random_uuid(&self) -> Result<String, WatchFault> {
        let mut bytes = [0; 16];
        self.random.fill_public(&mut bytes)?;
        Ok(RequestId::from_random(bytes).to_string())
    }
}

/// The minute of a moment, counted from 1970.
pub(crate) fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(MINUTE_SECONDS)
}

fn told(what: &str, result: Result<(), WatchFault>) {
    if let Err(fault) = result {
        tracing::error!(%fault, "{what}");
    }
}
