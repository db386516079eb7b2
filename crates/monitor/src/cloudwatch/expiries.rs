//! When key material expires: SecondsUntilKeyMaterialExpiration.

use claviger_clock::Timestamp;
use claviger_names::{AccountId, Region};
use futures_util::future::BoxFuture;

use super::{Dimension, KMS_NAMESPACE, Metric, SeriesName, StatisticSet, Unit};

/// A key with material that expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// Whose it is.
    pub account: AccountId,
    /// Where.
    pub region: Region,
    /// Its id, without its ARN.
    pub key_id: Box<str>,
    /// When the first of its material to expire does.
    pub at: Timestamp,
}

/// Knows which keys have material that expires.
pub trait Expiries: Send + Sync {
    /// All of them. What fails is told as text, for the log.
    fn expiring(&self) -> BoxFuture<'_, Result<Vec<Expiring>, String>>;
}

/// The value of a key's metric.
pub(super) fn measured(key: &Expiring, now: Timestamp) -> (SeriesName, StatisticSet) {
    let seconds = key.at.duration_since(now).as_secs().max(0);
    let dimensions = vec![Dimension::new("KeyId", &key.key_id)];
    let metric = Metric::new(KMS_NAMESPACE, "SecondsUntilKeyMaterialExpiration", dimensions);
    let name = SeriesName { account: key.account, region: key.region, metric, unit: Unit::SECONDS };
    (name, StatisticSet::of(seconds as f64))
}
