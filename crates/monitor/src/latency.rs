//! A histogram of durations that many threads fill without a lock; the library's own takes a mutex for each value.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Upper bounds of the buckets in microseconds: from what a cached key takes to what a client gives up on.
const BOUNDS_MICROSECONDS: [u64; 14] =
    [25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

const BUCKETS: usize = BOUNDS_MICROSECONDS.len() + 1;

const NANOSECONDS_PER_SECOND: f64 = 1e9;

const MICROSECONDS_PER_SECOND: f64 = 1e6;

/// A handle to one histogram; clones fill the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latency(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    buckets: [AtomicU64; BUCKETS],
    sum_nanoseconds: AtomicU64,
}

impl Latency {
    pub(crate) fn observe(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_MICROSECONDS.iter().position(|bound| nanoseconds <= bound * 1_000);
        self.0.buckets[bucket.unwrap_or(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
        self.0.sum_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl TypedMetric for Latency {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Latency {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        // The encoder accumulates the buckets itself; the count is their sum, so that the two never contradict.
        let counts = self.0.buckets.each_ref().map(|bucket| bucket.load(Ordering::Relaxed));
        let bounds = BOUNDS_MICROSECONDS.iter().map(|bound| *bound as f64 / MICROSECONDS_PER_SECOND);
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let sum = self.0.sum_nanoseconds.load(Ordering::Relaxed) as f64 / NANOSECONDS_PER_SECOND;
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}
