//! Changes of state: by evaluation every minute, or at once by who sets one.

use claviger_clock::Timestamp;

use super::evaluate::{Bucket, Evaluation, Verdict, evaluate};
use super::history::changed;
use super::record::{AlarmRecord, AlarmState, StateValue};
use super::rows::{self, Stored};
use crate::WatchFault;
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::query::Periods;
use crate::place::Place;

/// A state that an alarm is to be in, and why.
pub(crate) struct NewState {
    pub value: StateValue,
    pub reason: Box<str>,
    pub reason_data: Option<Box<str>>,
}

impl CloudWatch {
    /// Evaluates every alarm over the whole minutes before `now`, however long ago it last was.
    pub(crate) async fn evaluate_alarms(&self, now: Timestamp) -> Result<(), WatchFault> {
        let mut first_fault = None;
        for place in self.places.all() {
            let alarms = match rows::load_all(&self.store, place).await {
                Ok(alarms) => alarms,
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                    continue;
                }
            };
            for stored in alarms {
                match self.evaluate_alarm(place, stored, now).await {
                    // Another node evaluated it, or somebody changed it: the next minute sees to it.
                    Ok(()) | Err(WatchFault::Overtaken) => {}
                    Err(fault) => drop(first_fault.get_or_insert(fault)),
                }
            }
        }
        first_fault.map_or(Ok(()), Err)
    }

    async fn evaluate_alarm(&self, place: Place, stored: Stored, now: Timestamp) -> Result<(), WatchFault> {
        let buckets = self.buckets(place, &stored.record, now).await?;
        let evaluation = Evaluation { alarm: &stored.record, now, buckets: &buckets };
        match evaluate(&evaluation) {
            Verdict::Retain => Ok(()),
            // A state that was set by hand gets its reason from its values again.
            Verdict::State { value, .. }
                if value == stored.record.state.value && stored.record.state.reason_data.is_some() =>
            {
                Ok(())
            }
            Verdict::State { value, reason, reason_data } => {
                let new = NewState { value, reason, reason_data: Some(reason_data) };
                self.set_state(place, stored, new, now).await
            }
        }
    }

    async fn buckets(
        &self,
        place: Place,
        alarm: &AlarmRecord,
        now: Timestamp,
    ) -> Result<Vec<Bucket>, WatchFault> {
        let seconds = i64::from(alarm.period_seconds);
        let count = i64::from(Evaluation::periods(alarm));
        let end = Periods::from(now.as_second(), 0, super::super::query::MINUTE_SECONDS).start;
        let periods = Periods { start: end - count * seconds, end, seconds };
        let unit = alarm.unit.or_else(|| self.metrics.units(place, &alarm.metric).first().copied());
        let filled = match unit {
            Some(unit) => self.metrics.filled(place, &alarm.metric, unit, periods).await?,
            None => Default::default(),
        };
        let bucket = |at: i64| {
            let start = periods.start + at * seconds;
            let values = filled.get(&start).map_or(&[][..], Vec::as_slice);
            Bucket {
                start: Timestamp::from_second(start).unwrap_or_default(),
                value: alarm.statistic.of(values),
                sample_count: values.iter().map(|values| values.count).sum(),
            }
        };
        Ok((0..count).map(bucket).collect())
    }

    /// Puts an alarm in a state. When that is another than before, its history says so, and what its actions tell is
    /// noted in the same commit and then told.
    pub(crate) async fn set_state(
        &self,
        place: Place,
        stored: Stored,
        new: NewState,
        now: Timestamp,
    ) -> Result<(), WatchFault> {
        let Stored { record: mut alarm, revision } = stored;
        let NewState { value, reason, reason_data } = new;
        let has_changed = value != alarm.state.value;
        let now = milliseconds(now);
        let transitioned_at = if has_changed { now } else { alarm.state.transitioned_at };
        let state = AlarmState { value, reason, reason_data, updated_at: now, transitioned_at };
        let old = std::mem::replace(&mut alarm.state, state);
        if !has_changed {
            return rows::save(&self.store, place, &alarm, Some(revision), None).await;
        }
        let (item, untold) = (changed(&alarm, &old), self.untold(place, &alarm, &old)?);
        rows::save_with(&self.store, place, &alarm, Some(revision), Some(&item), &untold).await?;
        for untold in &untold {
            self.tell(place, untold, None, now).await?;
        }
        Ok(())
    }
}

/// As precise as AWS tells moments.
pub(crate) fn milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
