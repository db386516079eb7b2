//! Values put together to periods.

use std::collections::BTreeMap;

use super::store::MetricStore;
use super::{Metric, SeriesName, StatisticSet, Unit};
use crate::WatchFault;
use crate::place::Place;

/// Seconds of what values are kept by.
pub(super) const MINUTE_SECONDS: i64 = 60;

/// Periods of one length, from a second since 1970 until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Periods {
    pub start: i64,
    pub end: i64,
    pub seconds: i64,
}

impl Periods {
    /// Periods that begin with the whole minute at or before `start`; shorter ones than a minute at or before it too.
    pub(super) fn from(start: i64, end: i64, seconds: i64) -> Periods {
        let grain = seconds.clamp(1, MINUTE_SECONDS);
        Periods { start: start.div_euclid(grain) * grain, end, seconds }
    }
}

/// What a period holds, by the second that it begins with.
pub(super) type Filled = BTreeMap<i64, Vec<StatisticSet>>;

impl MetricStore {
    /// The periods in which a metric has values of a unit.
    pub(super) async fn filled(
        &self,
        place: Place,
        metric: &Metric,
        unit: Unit,
        periods: Periods,
    ) -> Result<Filled, WatchFault> {
        let Periods { start, end, seconds } = periods;
        let Place { account, region } = place;
        let name = SeriesName { account, region, metric: metric.clone(), unit };
        let (first, behind) = (start.div_euclid(MINUTE_SECONDS), end.div_euclid(MINUTE_SECONDS) + 1);
        let mut filled = Filled::new();
        for (minute, values) in self.read(&name, first, behind).await? {
            let second = minute * MINUTE_SECONDS;
            if (start..end).contains(&second) {
                let period = start + (second - start).div_euclid(seconds) * seconds;
                filled.entry(period).or_default().push(values);
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_with_the_minute_of_their_start() {
        assert_eq!(Periods::from(125, 600, 300), Periods { start: 120, end: 600, seconds: 300 });
        assert_eq!(Periods::from(125, 600, 10).start, 120);
        assert_eq!(Periods::from(139, 600, 10).start, 130);
    }
}
