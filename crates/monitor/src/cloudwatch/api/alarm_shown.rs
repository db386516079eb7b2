//! Alarms and metrics as answers show them.

use claviger_api::Answer;

use crate::cloudwatch::alarm::{AlarmRecord, alarm_arn};
use crate::cloudwatch::{Metric, Statistic};
use crate::place::Place;

pub(super) fn dimensions(metric: &Metric) -> Answer {
    let shown = metric.dimensions().iter().map(|dimension| {
        Answer::structure().with("Name", dimension.name.clone()).with("Value", dimension.value.clone())
    });
    shown.collect()
}

/// An alarm, its members in the order of the model.
pub(super) fn alarm(place: Place, alarm: &AlarmRecord) -> Answer {
    let list = |texts: &[Box<str>]| texts.iter().cloned().collect::<Answer>();
    let (named, percentile) = match alarm.statistic {
        Statistic::Percentile(_) => (None, Some(alarm.statistic.to_string())),
        _ => (Some(alarm.statistic.to_string()), None),
    };
    let state = &alarm.state;
    let whole = |number: u32| i64::from(number);
    Answer::structure()
        .with("AlarmName", alarm.name.clone())
        .with("AlarmArn", alarm_arn(place, &alarm.name))
        .maybe("AlarmDescription", alarm.description.clone())
        .with("AlarmConfigurationUpdatedTimestamp", alarm.configured_at)
        .with("ActionsEnabled", alarm.actions_enabled)
        .with("OKActions", list(&alarm.ok_actions))
        .with("AlarmActions", list(&alarm.alarm_actions))
        .with("InsufficientDataActions", list(&alarm.insufficient_data_actions))
        .with("StateValue", state.value.as_str())
        .with("StateReason", state.reason.clone())
        .maybe("StateReasonData", state.reason_data.clone())
        .with("StateUpdatedTimestamp", state.updated_at)
        .with("MetricName", alarm.metric.name.clone())
        .with("Namespace", alarm.metric.namespace.clone())
        .maybe("Statistic", named)
        .with("Dimensions", dimensions(&alarm.metric))
        .with("Period", whole(alarm.period_seconds))
        .maybe("Unit", alarm.unit.map(|unit| unit.as_str()))
        .with("EvaluationPeriods", whole(alarm.evaluation_periods))
        .with("Threshold", alarm.threshold)
        .with("ComparisonOperator", alarm.comparison.as_str())
        .maybe("ExtendedStatistic", percentile)
        .maybe("TreatMissingData", alarm.missing_data.map(|treated| treated.as_str()))
        .maybe("EvaluateLowSampleCountPercentile", alarm.low_sample_count.map(|low| low.as_str()))
        .maybe("DatapointsToAlarm", alarm.datapoints_to_alarm.map(whole))
        .with("StateTransitionedTimestamp", state.transitioned_at)
}
