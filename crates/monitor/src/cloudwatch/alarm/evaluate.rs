//! What state the values of the last periods put an alarm in, after the user guide's tables of missing data.

use claviger_clock::Timestamp;

use super::record::{AlarmRecord, LowSampleCount, MissingData, StateValue};
use super::text;
use crate::cloudwatch::Statistic;

/// Periods that are looked at besides those that are evaluated: where values are missing, older ones take their place.
const SPARE_PERIODS: u32 = 2;

/// How many values a percentile needs, over the share of them that lies beyond it.
const PERCENTILE_SAMPLES: f64 = 10.0;

/// One period, and its value if there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub start: Timestamp,
    pub value: Option<f64>,
    pub sample_count: f64,
}

/// What an evaluation comes to.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The alarm stays as it is.
    Retain,
    /// It is in this state, because of this.
    State { value: StateValue, reason: Box<str>, reason_data: Box<str> },
}

/// The periods that an alarm looks at.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    pub alarm: &'a AlarmRecord,
    pub now: Timestamp,
    /// The oldest first, [`Evaluation::periods`] many.
    pub buckets: &'a [Bucket],
}

impl Evaluation<'_> {
    /// How many periods to look at.
    pub(crate) fn periods(alarm: &AlarmRecord) -> u32 {
        alarm.evaluation_periods + SPARE_PERIODS
    }
}

/// What is evaluated, once missing values are filled in.
pub(super) struct Evaluated<'a> {
    /// The values that count, the oldest first.
    pub values: Vec<&'a Bucket>,
    /// How many breach the threshold.
    pub breaching: u32,
    /// How many are missing from the periods to evaluate.
    pub missing: u32,
}

/// What state these periods put the alarm in.
pub(crate) fn evaluate(evaluation: &Evaluation<'_>) -> Verdict {
    let alarm = evaluation.alarm;
    let evaluated = evaluated(evaluation);
    let Evaluated { breaching, missing, .. } = evaluated;
    let treated = alarm.missing_data.unwrap_or(MissingData::Missing);
    let filled = match treated {
        MissingData::Breaching => breaching + missing,
        MissingData::NotBreaching | MissingData::Ignore | MissingData::Missing => breaching,
    };
    let fills = matches!(treated, MissingData::Breaching | MissingData::NotBreaching);
    let has_good = evaluated.values.len() > breaching as usize;
    if filled >= alarm.needed() || !fills && !has_good && has_lasted(evaluation, &evaluated, treated) {
        return text::state(evaluation, &evaluated, StateValue::Alarm);
    }
    if missing == 0 || fills || has_good {
        return text::state(evaluation, &evaluated, StateValue::Ok);
    }
    match treated {
        MissingData::Ignore => Verdict::Retain,
        _ => text::state(evaluation, &evaluated, StateValue::InsufficientData),
    }
}

/// The newest values, as many as are evaluated, and how many are missing to that.
fn evaluated<'a>(evaluation: &Evaluation<'a>) -> Evaluated<'a> {
    let alarm = evaluation.alarm;
    let wanted = alarm.evaluation_periods as usize;
    let there = |bucket: &&Bucket| bucket.value.is_some() && has_enough(alarm, bucket);
    let mut values: Vec<&Bucket> = evaluation.buckets.iter().filter(there).collect();
    values.drain(..values.len().saturating_sub(wanted));
    let breaches = |bucket: &&&Bucket| is_breaching(alarm, bucket);
    let breaching = values.iter().filter(breaches).count() as u32;
    let missing = (wanted - values.len()) as u32;
    Evaluated { values, breaching, missing }
}

pub(super) fn is_breaching(alarm: &AlarmRecord, bucket: &Bucket) -> bool {
    bucket.value.is_some_and(|value| alarm.comparison.is_breached_by(value, alarm.threshold))
}

/// Whether there are only breaching values, the oldest of them as many periods ago as have to breach: then an alarm that
/// takes missing values as missing goes off although there are too few.
fn has_lasted(evaluation: &Evaluation<'_>, evaluated: &Evaluated<'_>, treated: MissingData) -> bool {
    let Some(oldest) = evaluated.values.first() else { return false };
    let at = evaluation.buckets.iter().position(|bucket| bucket.start == oldest.start);
    let age = at.map_or(0, |at| evaluation.buckets.len() - at);
    treated == MissingData::Missing && age >= evaluation.alarm.needed() as usize
}

/// Whether a percentile is of enough values to be looked at.
fn has_enough(alarm: &AlarmRecord, bucket: &Bucket) -> bool {
    match (alarm.statistic, alarm.low_sample_count) {
        (Statistic::Percentile(percent), Some(LowSampleCount::Ignore)) => {
            let share = percent.min(100.0 - percent) / 100.0;
            bucket.sample_count >= PERCENTILE_SAMPLES / share
        }
        _ => true,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cloudwatch::alarm::{AlarmState, Comparison};
    use crate::cloudwatch::{Metric, Unit};

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(crate) fn alarm(needed: u32, periods: u32, missing_data: Option<MissingData>) -> AlarmRecord {
        AlarmRecord {
            name: "a".into(),
            description: None,
            actions_enabled: true,
            ok_actions: Vec::new(),
            alarm_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            metric: Metric::new("n", "m", Vec::new()),
            statistic: Statistic::Sum,
            unit: Some(Unit::COUNT),
            period_seconds: 60,
            evaluation_periods: periods,
            datapoints_to_alarm: (needed != periods).then_some(needed),
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqual,
            missing_data,
            low_sample_count: None,
            tags: Vec::new(),
            configured_at: at(0),
            state: AlarmState {
                value: StateValue::InsufficientData,
                reason: "Unchecked: Initial alarm creation".into(),
                reason_data: None,
                updated_at: at(0),
                transitioned_at: at(0),
            },
        }
    }

    /// `X` is a breaching value, `0` one that is not, `-` a missing one; the newest last.
    pub(crate) fn buckets(pattern: &str) -> Vec<Bucket> {
        let value = |letter| match letter {
            'X' => Some(2.0),
            '0' => Some(0.0),
            _ => None,
        };
        let bucket = |(at_minute, letter): (usize, char)| Bucket {
            start: at(60 * at_minute as i64),
            value: value(letter),
            sample_count: 1.0,
        };
        pattern.chars().enumerate().map(bucket).collect()
    }

    fn state(alarm: &AlarmRecord, pattern: &str) -> Option<StateValue> {
        let buckets = buckets(pattern);
        match evaluate(&Evaluation { alarm, now: at(300), buckets: &buckets }) {
            Verdict::Retain => None,
            Verdict::State { value, .. } => Some(value),
        }
    }

    const TREATMENTS: [MissingData; 4] =
        [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];
    const OK: Option<StateValue> = Some(StateValue::Ok);
    const ALARM: Option<StateValue> = Some(StateValue::Alarm);
    const UNKNOWN: Option<StateValue> = Some(StateValue::InsufficientData);

    type Row = (&'static str, [Option<StateValue>; 4]);

    fn check(needed: u32, periods: u32, rows: &[Row]) {
        for (pattern, expected) in rows {
            let states = TREATMENTS.map(|treated| state(&alarm(needed, periods, Some(treated)), pattern));
            assert_eq!(states, *expected, "{needed} of {periods}: {pattern}");
        }
    }

    #[test]
    fn three_of_three_go_as_the_user_guides_table_has_it() {
        check(
            3,
            3,
            &[
                ("0-X-X", [OK, OK, OK, OK]),
                ("----0", [OK, OK, OK, OK]),
                ("-----", [UNKNOWN, None, ALARM, OK]),
                ("0XX-X", [ALARM, ALARM, ALARM, ALARM]),
                ("--X--", [ALARM, None, ALARM, OK]),
                ("----X", [UNKNOWN, None, ALARM, OK]),
                ("---X-", [UNKNOWN, None, ALARM, OK]),
                ("X----", [ALARM, None, ALARM, OK]),
            ],
        );
    }

    #[test]
    fn two_of_three_go_as_the_user_guides_table_has_it() {
        check(
            2,
            3,
            &[
                ("0-X-X", [ALARM, ALARM, ALARM, ALARM]),
                ("00X0X", [ALARM, ALARM, ALARM, ALARM]),
                ("0-X--", [OK, OK, ALARM, OK]),
                ("----0", [OK, OK, ALARM, OK]),
                ("---X-", [ALARM, None, ALARM, OK]),
            ],
        );
    }

    #[test]
    fn one_of_one_looks_at_the_newest_value_there_is() {
        check(
            1,
            1,
            &[
                ("--X", [ALARM; 4]),
                ("X-0", [OK; 4]),
                ("X--", [ALARM; 4]),
                ("---", [UNKNOWN, None, ALARM, OK]),
            ],
        );
        assert_eq!(state(&alarm(1, 1, None), "---"), UNKNOWN);
    }

    #[test]
    fn each_comparison_holds_at_its_own_side_of_the_threshold() {
        let breached =
            |comparison: Comparison| [0.0, 1.0, 2.0].map(|value| comparison.is_breached_by(value, 1.0));
        assert_eq!(breached(Comparison::GreaterThanOrEqual), [false, true, true]);
        assert_eq!(breached(Comparison::GreaterThan), [false, false, true]);
        assert_eq!(breached(Comparison::LessThan), [true, false, false]);
        assert_eq!(breached(Comparison::LessThanOrEqual), [true, true, false]);
    }

    #[test]
    fn a_percentile_of_few_values_is_missing_where_the_alarm_says_so() {
        let mut alarm = alarm(1, 1, Some(MissingData::Missing));
        alarm.statistic = Statistic::Percentile(90.0);
        assert_eq!(state(&alarm, "--X"), ALARM);
        alarm.low_sample_count = Some(LowSampleCount::Ignore);
        assert_eq!(state(&alarm, "--X"), UNKNOWN);
        let enough = [Bucket { start: at(0), value: Some(2.0), sample_count: 100.0 }];
        let verdict = evaluate(&Evaluation { alarm: &alarm, now: at(60), buckets: &enough });
        assert!(matches!(verdict, Verdict::State { value: StateValue::Alarm, .. }));
    }
}
