//! Request rates: how many requests an account has left in a Region this second. Nothing is locked to count one.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use claviger_clock::Timestamp;

use super::RequestQuota;
use crate::fault::Fault;
use crate::model::Place;

const SECOND_NANOS: i64 = 1_000_000_000;

/// Every account's requests in every Region.
pub(crate) struct Requests {
    rates: Option<Rates>,
}

struct Rates {
    /// What differs from AWS's.
    set: BTreeMap<RequestQuota, NonZeroU32>,
    places: ArcSwap<HashMap<Place, Arc<Buckets>>>,
}

/// One account in one Region: a bucket for each quota.
struct Buckets(Box<[Bucket]>);

/// A leaky bucket (GCRA): a request takes a share of a second, and at most a second can be taken ahead.
struct Bucket {
    /// When all that was taken is made up for, in nanoseconds since 1970.
    taken_until: AtomicI64,
    request_nanos: i64,
}

impl Requests {
    /// Without rates nothing is counted.
    pub(crate) fn new(rates: Option<BTreeMap<RequestQuota, NonZeroU32>>) -> Requests {
        Requests { rates: rates.map(|set| Rates { set, places: ArcSwap::default() }) }
    }

    /// Whether requests are counted at all.
    pub(crate) fn are_counted(&self) -> bool {
        self.rates.is_some()
    }

    /// Counts a request; refuses one too many.
    pub(crate) fn take(&self, place: Place, quota: RequestQuota, now: Timestamp) -> Result<(), Fault> {
        let Some(rates) = &self.rates else { return Ok(()) };
        let now_nanos = i64::try_from(now.as_nanosecond()).map_err(Fault::internal)?;
        let places = rates.places.load();
        let taken = match places.get(&place) {
            Some(buckets) => buckets.take(quota, now_nanos),
            None => rates.first(place).take(quota, now_nanos),
        };
        if taken { Ok(()) } else { Err(Fault::Throttled) }
    }
}

impl Rates {
    /// The buckets of a place that had none: some thousand bytes for each account and Region that is used.
    fn first(&self, place: Place) -> Arc<Buckets> {
        let fresh = Arc::new(Buckets::new(place, &self.set));
        self.places.rcu(|places| {
            let mut places = HashMap::clone(places);
            // Somebody may have been first.
            places.entry(place).or_insert_with(|| Arc::clone(&fresh));
            places
        });
        self.places.load().get(&place).map_or(fresh, Arc::clone)
    }
}

impl Buckets {
    fn new(place: Place, set: &BTreeMap<RequestQuota, NonZeroU32>) -> Buckets {
        let unused = || Bucket { taken_until: AtomicI64::new(0), request_nanos: 0 };
        let mut buckets: Box<[Bucket]> = (0..RequestQuota::COUNT).map(|_| unused()).collect();
        for quota in RequestQuota::all() {
            let rate = set.get(&quota).map_or(quota.rate_in(place.region), |rate| rate.get());
            buckets[quota.index()].request_nanos = SECOND_NANOS / i64::from(rate.max(1));
        }
        Buckets(buckets)
    }

    fn take(&self, quota: RequestQuota, now_nanos: i64) -> bool {
        self.0.get(quota.index()).is_none_or(|bucket| bucket.take(now_nanos))
    }
}

impl Bucket {
    fn take(&self, now_nanos: i64) -> bool {
        let taken = self.taken_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |until| {
            // More than a second ahead is a clock that was set back.
            let from = if until > now_nanos + SECOND_NANOS { now_nanos } else { until.max(now_nanos) };
            let until = from + self.request_nanos;
            (until <= now_nanos + SECOND_NANOS).then_some(until)
        });
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_000_000 * SECOND_NANOS;

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanosecond((NOON + nanos).into()).unwrap()
    }

    fn place(account: &str) -> Place {
        Place { account: account.parse().unwrap(), region: "us-east-1".parse().unwrap() }
    }

    fn taken(requests: &Requests, account: &str, quota: &str, nanos: i64, tries: usize) -> usize {
        let quota = quota.parse().unwrap();
        (0..tries).filter(|_| requests.take(place(account), quota, at(nanos)).is_ok()).count()
    }

    #[test]
    fn a_second_has_so_many_requests_and_they_come_back_one_by_one() {
        let requests = Requests::new(Some(BTreeMap::new()));
        assert_eq!(taken(&requests, "111122223333", "create_key", 0, 20), 5);
        assert_eq!(taken(&requests, "111122223333", "create_key", SECOND_NANOS / 5 - 1, 20), 0);
        assert_eq!(taken(&requests, "111122223333", "create_key", SECOND_NANOS / 5, 20), 1);
        assert_eq!(taken(&requests, "111122223333", "create_key", 10 * SECOND_NANOS, 20), 5);
    }

    #[test]
    fn accounts_and_quotas_are_counted_apart() {
        let requests = Requests::new(Some(BTreeMap::new()));
        for account in ["111122223333", "444455556666"] {
            assert_eq!(taken(&requests, account, "create_key", 0, 9), 5);
            assert_eq!(taken(&requests, account, "data_key_pair_rsa_4096", 0, 9), 1);
            assert_eq!(taken(&requests, account, "describe_key", 0, 3000), 2000);
        }
    }

    #[test]
    fn a_rate_that_was_set_holds_and_without_rates_nothing_is_counted() {
        let set = BTreeMap::from([("create_key".parse().unwrap(), NonZeroU32::new(7).unwrap())]);
        assert_eq!(taken(&Requests::new(Some(set)), "111122223333", "create_key", 0, 20), 7);
        assert_eq!(taken(&Requests::new(None), "111122223333", "create_key", 0, 20), 20);
    }

    #[test]
    fn a_clock_that_was_set_back_shuts_nobody_out() {
        let requests = Requests::new(Some(BTreeMap::new()));
        assert_eq!(taken(&requests, "111122223333", "create_key", 3600 * SECOND_NANOS, 9), 5);
        assert_eq!(taken(&requests, "111122223333", "create_key", 0, 9), 5);
    }
}
