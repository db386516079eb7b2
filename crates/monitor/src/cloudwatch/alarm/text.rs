//! How the reasons of states read, and their JSON.

use claviger_clock::Timestamp;
use serde::Serialize;

use super::evaluate::{Bucket, Evaluated, Evaluation, Verdict, is_breaching};
use super::record::{MissingData, StateValue};

/// Most values that a reason lists: it is at most 1023 characters long.
const LISTED_VALUES_MAX: usize = 10;

/// Most periods that the JSON lists: it is at most 4000 characters long.
const LISTED_PERIODS_MAX: usize = 20;

/// The verdict that an alarm is in a state.
pub(super) fn state(evaluation: &Evaluation<'_>, evaluated: &Evaluated<'_>, value: StateValue) -> Verdict {
    let reason = match value {
        StateValue::InsufficientData => unknown(evaluation.alarm.evaluation_periods),
        StateValue::Alarm | StateValue::Ok if evaluated.values.is_empty() => {
            all_missing(evaluation, evaluated)
        }
        StateValue::Alarm | StateValue::Ok => crossed(evaluation, evaluated, value),
    };
    Verdict::State { value, reason: reason.into(), reason_data: data(evaluation, evaluated).into() }
}

fn unknown(periods: u32) -> String {
    format!("Insufficient Data: {} unknown.", counted(periods, "datapoint was", "datapoints were"))
}

fn all_missing(evaluation: &Evaluation<'_>, evaluated: &Evaluated<'_>) -> String {
    let periods = counted(evaluation.alarm.evaluation_periods, "period", "periods");
    format!(
        "Threshold Crossed: no datapoints were received for {periods} and {}.",
        filled(evaluation, evaluated)
    )
}

fn crossed(evaluation: &Evaluation<'_>, evaluated: &Evaluated<'_>, value: StateValue) -> String {
    let alarm = evaluation.alarm;
    let is_alarm = value == StateValue::Alarm;
    let newest_first = evaluated.values.iter().rev();
    let told: Vec<&&Bucket> = newest_first.filter(|bucket| is_breaching(alarm, bucket) == is_alarm).collect();
    let listed: Vec<String> = told.iter().take(LISTED_VALUES_MAX).map(|bucket| shown(bucket)).collect();
    let count = told.len() as u32;
    let subject = match alarm.datapoints_to_alarm {
        Some(_) => format!("{count} out of the last {} datapoints", alarm.evaluation_periods),
        None => counted(count, "datapoint", "datapoints"),
    };
    let verb = match (count, is_alarm) {
        (1, true) => "was",
        (1, false) => "was not",
        (_, true) => "were",
        (_, false) => "were not",
    };
    let relation = alarm.comparison.in_words();
    let threshold = double(alarm.threshold);
    let mut text = format!(
        "Threshold Crossed: {subject} [{}] {verb} {relation} the threshold ({threshold})",
        listed.join(", ")
    );
    if evaluated.missing > 0 && is_filled(evaluation) {
        text += &format!(" and {}", filled(evaluation, evaluated));
    }
    if alarm.datapoints_to_alarm.is_some() {
        text += &transition(evaluation, is_alarm);
    }
    text + "."
}

fn transition(evaluation: &Evaluation<'_>, is_alarm: bool) -> String {
    let alarm = evaluation.alarm;
    let (least, from, to) = match is_alarm {
        true => (alarm.needed(), "OK", "ALARM"),
        false => (alarm.evaluation_periods - alarm.needed() + 1, "ALARM", "OK"),
    };
    format!(" (minimum {} for {from} -> {to} transition)", counted(least, "datapoint", "datapoints"))
}

fn is_filled(evaluation: &Evaluation<'_>) -> bool {
    matches!(evaluation.alarm.missing_data, Some(MissingData::Breaching | MissingData::NotBreaching))
}

fn filled(evaluation: &Evaluation<'_>, evaluated: &Evaluated<'_>) -> String {
    let treated = match evaluation.alarm.missing_data {
        Some(MissingData::Breaching) => "Breaching",
        Some(MissingData::NotBreaching | MissingData::Ignore | MissingData::Missing) | None => "NonBreaching",
    };
    let missing = counted(evaluated.missing, "missing datapoint was", "missing datapoints were");
    format!("{missing} treated as [{treated}]")
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `21.5 (26/10/23 16:42:00)`.
fn shown(bucket: &Bucket) -> String {
    let value = double(bucket.value.unwrap_or_default());
    format!("{value} ({})", bucket.start.strftime("%d/%m/%y %H:%M:%S"))
}

/// A number as Java writes it, and so AWS's reasons.
fn double(value: f64) -> String {
    match value.abs() {
        0.0 | 1e-3..1e7 => format!("{value:?}"),
        _ => {
            let text = format!("{value:E}");
            let has_point = text.split('E').next().is_some_and(|mantissa| mantissa.contains('.'));
            if has_point { text } else { text.replace('E', ".0E") }
        }
    }
}

/// `2018-09-16T00:22:56.053+0000`.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReasonData<'a> {
    version: &'static str,
    query_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    statistic: String,
    period: u32,
    recent_datapoints: &'a [f64],
    threshold: f64,
    evaluated_datapoints: Vec<Datapoint>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Datapoint {
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_count: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
}

fn data(evaluation: &Evaluation<'_>, evaluated: &Evaluated<'_>) -> String {
    let alarm = evaluation.alarm;
    let first = evaluated.values.len().saturating_sub(LISTED_PERIODS_MAX);
    let values: Vec<f64> = evaluated.values[first..].iter().filter_map(|bucket| bucket.value).collect();
    // Where values are missing, the newest periods without one stand in their place.
    let mut listed = evaluated.values.clone();
    let empty = evaluation.buckets.iter().rev().filter(|bucket| bucket.value.is_none());
    listed.extend(empty.take(evaluated.missing as usize));
    listed.sort_by_key(|bucket| std::cmp::Reverse(bucket.start));
    let datapoint = |bucket: &&Bucket| Datapoint {
        timestamp: moment(bucket.start),
        sample_count: bucket.value.map(|_| bucket.sample_count),
        value: bucket.value,
    };
    let data = ReasonData {
        version: "1.0",
        query_date: moment(evaluation.now),
        start_date: evaluated.values.first().map(|oldest| moment(oldest.start)),
        unit: alarm.unit.map(|unit| unit.as_str()),
        statistic: alarm.statistic.to_string(),
        period: alarm.period_seconds,
        recent_datapoints: &values,
        threshold: alarm.threshold,
        evaluated_datapoints: listed.iter().take(LISTED_PERIODS_MAX).map(datapoint).collect(),
    };
    serde_json::to_string(&data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::evaluate::evaluate;
    use super::super::evaluate::tests::{alarm, at, buckets};
    use super::*;

    fn told(
        needed: u32,
        periods: u32,
        missing: Option<MissingData>,
        pattern: &str,
    ) -> (String, serde_json::Value) {
        let alarm = alarm(needed, periods, missing);
        let buckets = buckets(pattern);
        match evaluate(&Evaluation { alarm: &alarm, now: at(300), buckets: &buckets }) {
            Verdict::Retain => panic!("{pattern} changes nothing"),
            Verdict::State { reason, reason_data, .. } => {
                (reason.into(), serde_json::from_str(&reason_data).unwrap())
            }
        }
    }

    const THRESHOLD: &str = "greater than or equal to the threshold (1.0)";
    const THIRD: &str = "2.0 (01/01/70 00:02:00)";
    const FOURTH: &str = "2.0 (01/01/70 00:03:00)";

    #[test]
    fn reasons_of_values_read_as_those_of_aws() {
        let cases = [
            (1, 1, "--X", format!("1 datapoint [{THIRD}] was {THRESHOLD}.")),
            (1, 1, "--0", format!("1 datapoint [0.0 (01/01/70 00:02:00)] was not {THRESHOLD}.")),
            (2, 2, "--XX", format!("2 datapoints [{FOURTH}, {THIRD}] were {THRESHOLD}.")),
            (
                1,
                2,
                "--0X",
                format!(
                    "1 out of the last 2 datapoints [{FOURTH}] was {THRESHOLD} (minimum 1 datapoint for OK -> ALARM \
                     transition)."
                ),
            ),
            (
                2,
                3,
                "---00",
                format!(
                    "2 out of the last 3 datapoints [0.0 (01/01/70 00:04:00), 0.0 (01/01/70 00:03:00)] were not \
                     {THRESHOLD} (minimum 2 datapoints for ALARM -> OK transition)."
                ),
            ),
        ];
        for (needed, periods, pattern, expected) in cases {
            let (reason, _) = told(needed, periods, None, pattern);
            assert_eq!(reason, format!("Threshold Crossed: {expected}"), "{pattern}");
        }
    }

    #[test]
    fn reasons_of_missing_values_read_as_those_of_aws() {
        use MissingData::{Breaching, NotBreaching};
        let crossed = |text: &str| format!("Threshold Crossed: {text}.");
        let none = |text: &str| crossed(&format!("no datapoints were received for {text}"));
        let mixed = format!(
            "1 datapoint [{FOURTH}] was {THRESHOLD} and 1 missing datapoint was treated as [Breaching]"
        );
        let unknown = |text: &str| format!("Insufficient Data: {text} unknown.");
        let cases = [
            (
                1,
                Some(NotBreaching),
                "---",
                none("1 period and 1 missing datapoint was treated as [NonBreaching]"),
            ),
            (
                2,
                Some(Breaching),
                "----",
                none("2 periods and 2 missing datapoints were treated as [Breaching]"),
            ),
            (2, Some(Breaching), "---X", crossed(&mixed)),
            (1, None, "---", unknown("1 datapoint was")),
            (3, None, "-----", unknown("3 datapoints were")),
        ];
        for (periods, missing, pattern, expected) in cases {
            assert_eq!(told(periods, periods, missing, pattern).0, expected, "{pattern}");
        }
    }

    #[test]
    fn the_data_of_a_reason_lists_what_was_evaluated() {
        let (_, data) = told(2, 2, Some(MissingData::Breaching), "---X");
        let expected = serde_json::json!({
            "version": "1.0",
            "queryDate": "1970-01-01T00:05:00.000+0000",
            "startDate": "1970-01-01T00:03:00.000+0000",
            "unit": "Count",
            "statistic": "Sum",
            "period": 60,
            "recentDatapoints": [2.0],
            "threshold": 1.0,
            "evaluatedDatapoints": [
                {"timestamp": "1970-01-01T00:03:00.000+0000", "sampleCount": 1.0, "value": 2.0},
                {"timestamp": "1970-01-01T00:02:00.000+0000"},
            ],
        });
        assert_eq!(data, expected);
        assert!(told(1, 1, None, "---").1.get("startDate").is_none());
    }

    #[test]
    fn reasons_and_their_data_keep_to_their_lengths() {
        let alarm = alarm(1000, 1000, None);
        let buckets = buckets(&"X".repeat(1002));
        match evaluate(&Evaluation { alarm: &alarm, now: at(70_000), buckets: &buckets }) {
            Verdict::State { reason, reason_data, .. } => {
                assert!(
                    reason.len() < 1023 && reason_data.len() < 4000,
                    "{} {}",
                    reason.len(),
                    reason_data.len()
                );
            }
            Verdict::Retain => panic!(),
        }
    }

    #[test]
    fn numbers_are_written_as_java_does() {
        let cases = [
            (1.0, "1.0"),
            (0.0, "0.0"),
            (-21.5, "-21.5"),
            (1e7, "1.0E7"),
            (1.25e-5, "1.25E-5"),
            (0.001, "0.001"),
        ];
        for (value, expected) in cases {
            assert_eq!(double(value), expected);
        }
    }
}
