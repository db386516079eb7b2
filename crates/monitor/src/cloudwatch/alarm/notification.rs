//! What an alarm tells: the JSON that CloudWatch gives to SNS.

use claviger_names::Region;
use serde::Serialize;

use super::record::{AlarmRecord, AlarmState};
use super::text::moment;
use crate::cloudwatch::Statistic;
use crate::place::Place;

/// What notifications call the Regions.
const REGION_NAMES: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("eu-central-1", "EU (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-north-1", "EU (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "EU (Ireland)"),
    ("eu-west-2", "EU (London)"),
    ("eu-west-3", "EU (Paris)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Notification<'a> {
    alarm_name: &'a str,
    alarm_description: Option<&'a str>,
    #[serde(rename = "AWSAccountId")]
    aws_account_id: &'a str,
    alarm_configuration_updated_timestamp: String,
    new_state_value: &'a str,
    new_state_reason: &'a str,
    state_change_time: String,
    region: &'a str,
    alarm_arn: &'a str,
    old_state_value: &'a str,
    #[serde(rename = "OKActions")]
    ok_actions: &'a [Box<str>],
    alarm_actions: &'a [Box<str>],
    insufficient_data_actions: &'a [Box<str>],
    trigger: Trigger<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Trigger<'a> {
    metric_name: &'a str,
    namespace: &'a str,
    statistic_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_statistic: Option<String>,
    unit: Option<&'static str>,
    dimensions: Vec<DimensionShown<'a>>,
    period: u32,
    evaluation_periods: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    datapoints_to_alarm: Option<u32>,
    comparison_operator: &'static str,
    threshold: f64,
    treat_missing_data: &'static str,
    evaluate_low_sample_count_percentile: &'static str,
}

#[derive(Serialize)]
struct DimensionShown<'a> {
    value: &'a str,
    name: &'a str,
}

/// The ARN of the alarm of this name.
pub(crate) fn alarm_arn(place: Place, name: &str) -> String {
    place.arn("cloudwatch", format_args!("alarm:{name}"))
}

/// The subject of what an alarm tells.
pub(crate) fn subject(place: Place, alarm: &AlarmRecord) -> String {
    format!("{}: \"{}\" in {}", alarm.state.value.as_str(), alarm.name, region_name(&place.region))
}

/// The body of what an alarm tells on coming from its old state to the one it is in.
pub(crate) fn body(place: Place, alarm: &AlarmRecord, old: &AlarmState) -> String {
    let notification = Notification {
        alarm_name: &alarm.name,
        alarm_description: alarm.description.as_deref(),
        aws_account_id: place.account.as_str(),
        alarm_configuration_updated_timestamp: moment(alarm.configured_at),
        new_state_value: alarm.state.value.as_str(),
        new_state_reason: &alarm.state.reason,
        state_change_time: moment(alarm.state.updated_at),
        region: region_name(&place.region),
        alarm_arn: &alarm_arn(place, &alarm.name),
        old_state_value: old.value.as_str(),
        ok_actions: &alarm.ok_actions,
        alarm_actions: &alarm.alarm_actions,
        insufficient_data_actions: &alarm.insufficient_data_actions,
        trigger: trigger(alarm),
    };
    serde_json::to_string(&notification).unwrap_or_default()
}

fn trigger(alarm: &AlarmRecord) -> Trigger<'_> {
    let (statistic_type, statistic, extended_statistic) = match alarm.statistic {
        Statistic::SampleCount => ("Statistic", Some("SAMPLE_COUNT"), None),
        Statistic::Average => ("Statistic", Some("AVERAGE"), None),
        Statistic::Sum => ("Statistic", Some("SUM"), None),
        Statistic::Minimum => ("Statistic", Some("MINIMUM"), None),
        Statistic::Maximum => ("Statistic", Some("MAXIMUM"), None),
        Statistic::Percentile(_) => ("ExtendedStatistic", None, Some(alarm.statistic.to_string())),
    };
    let dimensions = alarm.metric.dimensions().iter();
    Trigger {
        metric_name: &alarm.metric.name,
        namespace: &alarm.metric.namespace,
        statistic_type,
        statistic,
        extended_statistic,
        unit: alarm.unit.map(|unit| unit.as_str()),
        dimensions: dimensions.map(|it| DimensionShown { value: &it.value, name: &it.name }).collect(),
        period: alarm.period_seconds,
        evaluation_periods: alarm.evaluation_periods,
        datapoints_to_alarm: alarm.datapoints_to_alarm,
        comparison_operator: alarm.comparison.as_str(),
        threshold: alarm.threshold,
        treat_missing_data: alarm.missing_data.map_or("missing", |treated| treated.as_str()),
        evaluate_low_sample_count_percentile: alarm.low_sample_count.map_or("", |low| low.as_str()),
    }
}

fn region_name(region: &Region) -> &str {
    let code = region.as_str();
    REGION_NAMES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::evaluate::tests::{alarm, at};
    use super::super::record::StateValue;
    use super::*;
    use crate::cloudwatch::{Dimension, Metric};

    #[test]
    fn a_notification_is_as_cloudwatch_gives_it_to_sns() {
        let place = Place { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        let mut alarm = alarm(1, 1, None);
        alarm.metric = Metric::new("ns", "m", vec![Dimension::new("InstanceId", "abc")]);
        alarm.alarm_actions = vec!["arn:aws:sns:us-east-1:111122223333:ops".into()];
        let old = alarm.state.clone();
        (alarm.state.value, alarm.state.reason, alarm.state.updated_at) =
            (StateValue::Alarm, "so".into(), at(60));
        let body: serde_json::Value = serde_json::from_str(&body(place, &alarm, &old)).unwrap();
        let expected = serde_json::json!({
            "AlarmName": "a", "AlarmDescription": null, "AWSAccountId": "111122223333",
            "AlarmConfigurationUpdatedTimestamp": "1970-01-01T00:00:00.000+0000",
            "NewStateValue": "ALARM", "NewStateReason": "so",
            "StateChangeTime": "1970-01-01T00:01:00.000+0000", "Region": "US East (N. Virginia)",
            "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a", "OldStateValue": "INSUFFICIENT_DATA",
            "OKActions": [], "AlarmActions": ["arn:aws:sns:us-east-1:111122223333:ops"], "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "m", "Namespace": "ns", "StatisticType": "Statistic", "Statistic": "SUM",
                "Unit": "Count", "Dimensions": [{"value": "abc", "name": "InstanceId"}], "Period": 60,
                "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1.0,
                "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "",
            },
        });
        assert_eq!(body, expected);
        assert_eq!(subject(place, &alarm), "ALARM: \"a\" in US East (N. Virginia)");
    }
}
