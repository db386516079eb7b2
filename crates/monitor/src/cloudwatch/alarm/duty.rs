//! Changes of state: by evaluation every minute, or at once by who sets one.

use claviger_clock::Timestamp;

use super::evaluate::{Bucket, Evaluation, Verdict, evaluate};
use super::history::{HistoryItem, acted, changed};
use super::notification::{body, subject};
use super::record::{AlarmRecord, AlarmState, StateValue};
use super::rows::{self, Stored, put_history};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::query::Periods;
use crate::place::Place;
use crate::{Message, WatchFault};

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
            for stored in rows::load_all(&self.store, place).await? {
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

    /// Puts an alarm in a state. When that is another than before, its history says so and its actions are done.
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
        let items: Vec<HistoryItem> = has_changed.then(|| changed(&alarm, &old)).into_iter().collect();
        rows::save(&self.store, place, &alarm, Some(revision), &items).await?;
        if has_changed && alarm.actions_enabled {
            put_history(&self.store, place, &self.act(place, &alarm, &old)?).await?;
        }
        Ok(())
    }

    fn act(
        &self,
        place: Place,
        alarm: &AlarmRecord,
        old: &AlarmState,
    ) -> Result<Vec<HistoryItem>, WatchFault> {
        let actions = alarm.actions(alarm.state.value).iter().map(|action| &**action);
        let act = |action: &str| {
            let message = Message {
                account: place.account,
                id: self.random_uuid()?.into(),
                subject: subject(place, alarm).into(),
                body: body(place, alarm, old).into(),
            };
            let sent = match self.courier.knows(action, place.account, place.region.as_str()) {
                true => self.courier.send(action, message),
                false => Err(crate::Unsent::Unknown),
            };
            Ok(acted(alarm, action, sent))
        };
        actions.map(act).collect()
    }
}

/// As precise as AWS tells moments.
pub(crate) fn milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
