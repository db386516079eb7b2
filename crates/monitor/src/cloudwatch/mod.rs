//! CloudWatch: metrics over two weeks, and the alarms on them.

mod alarm;
mod api;
mod desk;
mod expiries;
mod fault;
mod metric;
mod minutes;
mod progress;
mod query;
mod series;
mod statistics;
mod store;
#[cfg(test)]
mod tests;
mod unit;

pub use desk::CloudWatch;
pub use expiries::{Expiries, Expiring};
pub use metric::{Dimension, KMS_NAMESPACE, Metric, RESERVED_PREFIX, SeriesName, USAGE_NAMESPACE};
pub use statistics::{Statistic, StatisticSet};
pub use store::SERIES_MAX;
pub use unit::Unit;

pub(crate) use alarm::milliseconds;
pub(crate) use desk::{Parts, minute};
