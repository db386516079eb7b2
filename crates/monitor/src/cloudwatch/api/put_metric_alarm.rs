//! PutMetricAlarm: an alarm, new or instead of the one of its name. Expressions and anomaly detection are refused.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_clock::Timestamp;
use claviger_wire::{Bounds, Enumerated, Members, TextRule};

use super::member::{
    ALARM_NAME, METRIC_NAME, NAMESPACE, PERIOD, ask, dimensions, extended, is_period, place, text, texts,
};
use super::tags::{self, Tags, pairs};
use crate::cloudwatch::alarm::{
    self, AlarmRecord, AlarmState, Comparison, Configuration, LowSampleCount, MissingData, StateValue,
    configured, is_storable, milliseconds,
};
use crate::cloudwatch::fault::CloudWatchFault;
use crate::cloudwatch::{CloudWatch, Metric, Statistic};

/// Most alarms of an account in a Region.
const ALARMS_MAX: usize = 5_000;

/// Longest span that an alarm looks at, in seconds: with short periods a day, else a week.
const SPAN_MAX: i64 = 86_400;
const LONG_SPAN_MAX: i64 = 7 * SPAN_MAX;
const LONG_PERIOD: i64 = 3_600;

const ACTIONS: Bounds = Bounds::new(0, 5);
const COUNT: Bounds = Bounds::new(1, i32::MAX as i64);
const ACTION: TextRule = TextRule::length(1, 1024);
const CHOICE: TextRule = TextRule::length(1, 255);

/// Members that ask for what there is not.
const UNSUPPORTED: [&str; 5] = [
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
    "ActionConfiguration",
    "ThresholdMetricId",
];

pub(super) struct PutMetricAlarm;

impl Enumerated for Comparison {
    const NAMES: &'static [(&'static str, Comparison)] = &[
        ("GreaterThanOrEqualToThreshold", Comparison::GreaterThanOrEqual),
        ("GreaterThanThreshold", Comparison::GreaterThan),
        ("LessThanThreshold", Comparison::LessThan),
        ("LessThanOrEqualToThreshold", Comparison::LessThanOrEqual),
    ];
}

/// The members of an alarm as they are sent.
struct Sent {
    name: Box<str>,
    description: Option<Box<str>>,
    actions_enabled: Option<bool>,
    actions: [Vec<Box<str>>; 3],
    metric: (Option<Box<str>>, Option<Box<str>>, Vec<crate::cloudwatch::Dimension>),
    statistic: Option<Statistic>,
    percentile: Option<Box<str>>,
    period: Option<i64>,
    unit: Option<crate::cloudwatch::Unit>,
    periods: i64,
    needed: Option<i64>,
    threshold: Option<f64>,
    comparison: Comparison,
    missing_data: Option<Box<str>>,
    low_sample_count: Option<Box<str>>,
    expressions: bool,
    tags: Tags,
    unsupported: Option<&'static str>,
}

impl Operation for PutMetricAlarm {
    const FACTS: Facts = Facts::write("PutMetricAlarm", "cloudwatch:PutMetricAlarm").without_output();
    type Api = CloudWatch;
    type Request = AlarmRecord;

    fn parse(mut members: Members<'_>) -> Result<AlarmRecord, Fault> {
        let sent = sent(&mut members);
        alarm(members.finish(sent)?)
    }

    fn shown(alarm: &AlarmRecord) -> Shown {
        let list =
            |shown: Shown, name: &str, texts: &[Box<str>]| shown.list(name, texts.iter().map(|text| &**text));
        let shown = Shown::new()
            .text("alarmName", &alarm.name)
            .maybe_text("alarmDescription", alarm.description.as_deref())
            .flag("actionsEnabled", alarm.actions_enabled);
        let shown = list(shown, "oKActions", &alarm.ok_actions);
        let shown = list(shown, "alarmActions", &alarm.alarm_actions);
        list(shown, "insufficientDataActions", &alarm.insufficient_data_actions)
            .text("metricName", &alarm.metric.name)
            .text("namespace", &alarm.metric.namespace)
            .text("statistic", &alarm.statistic.to_string())
            .number("period", i64::from(alarm.period_seconds))
            .number("evaluationPeriods", i64::from(alarm.evaluation_periods))
            .text("comparisonOperator", alarm.comparison.as_str())
    }

    fn asks(call: &Call<'_>, alarm: &AlarmRecord) -> Result<Vec<Ask>, Fault> {
        let actions = [&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions];
        let actions: Vec<&str> = actions.into_iter().flatten().map(|action| &**action).collect();
        let put = ask(call, Self::FACTS.action, &alarm.name).tagging(pairs(&alarm.tags));
        let put = if actions.is_empty() { put } else { put.with_many("cloudwatch:AlarmActions", actions) };
        let tag = || ask(call, "cloudwatch:TagResource", &alarm.name).tagging(pairs(&alarm.tags));
        Ok(std::iter::once(put).chain((!alarm.tags.is_empty()).then(tag)).collect())
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &AlarmRecord) -> Result<Done, Fault> {
        let now = milliseconds(call.now());
        let known = alarm::load(&cloudwatch.store, place(call), &request.name).await?;
        let mut new = AlarmRecord { configured_at: now, ..request.clone() };
        let (what, revision) = match known {
            Some(known) => {
                (new.state, new.tags) = (known.record.state, known.record.tags);
                (Configuration::Updated, Some(known.revision))
            }
            None => {
                let alarms = alarm::load_all(&cloudwatch.store, place(call)).await?;
                if alarms.len() >= ALARMS_MAX {
                    return Err(CloudWatchFault::LimitExceeded.into());
                }
                cloudwatch.places.note(&cloudwatch.store, place(call)).await?;
                new.state = initial_state(now);
                (Configuration::Created, None)
            }
        };
        let item = configured(&new, what, now);
        alarm::save(&cloudwatch.store, place(call), &new, revision, Some(&item)).await?;
        Ok(Done::silently())
    }
}

/// The state that an alarm is created in.
fn initial_state(now: Timestamp) -> AlarmState {
    AlarmState {
        value: StateValue::InsufficientData,
        reason: "Unchecked: Initial alarm creation".into(),
        reason_data: None,
        updated_at: now,
        transitioned_at: now,
    }
}

fn sent(members: &mut Members<'_>) -> Sent {
    let periods = |members: &mut Members<'_>| {
        let periods = members.whole("EvaluationPeriods", COUNT);
        members.required("EvaluationPeriods", periods)
    };
    Sent {
        name: members.required_text("AlarmName", &ALARM_NAME).into_owned().into(),
        description: text(members, "AlarmDescription", &TextRule::length(0, 1024)),
        actions_enabled: members.flag("ActionsEnabled"),
        actions: ["OKActions", "AlarmActions", "InsufficientDataActions"]
            .map(|name| texts(members, name, ACTIONS, &ACTION)),
        metric: (
            text(members, "MetricName", &METRIC_NAME),
            text(members, "Namespace", &NAMESPACE),
            dimensions(members),
        ),
        statistic: members.one_of("Statistic"),
        percentile: text(members, "ExtendedStatistic", &CHOICE),
        period: members.whole("Period", PERIOD),
        unit: members.one_of("Unit"),
        periods: periods(members),
        needed: members.whole("DatapointsToAlarm", COUNT),
        threshold: members.number("Threshold"),
        comparison: members.required_one_of("ComparisonOperator"),
        missing_data: text(members, "TreatMissingData", &CHOICE),
        low_sample_count: text(members, "EvaluateLowSampleCountPercentile", &CHOICE),
        expressions: members.structures("Metrics", |_| ()).is_some_and(|metrics| !metrics.is_empty()),
        tags: tags::tags(members).unwrap_or_default(),
        unsupported: UNSUPPORTED.into_iter().find(|name| members.is_sent(name)),
    }
}

fn invalid(text: impl Into<String>) -> CloudWatchFault {
    CloudWatchFault::Validation(text.into().into())
}

fn alarm(sent: Sent) -> Result<AlarmRecord, Fault> {
    check(&sent)?;
    tags::check(&sent.tags)?;
    let required =
        |name: &str| invalid(format!("The parameter {name} is required for an alarm on a metric."));
    let statistic = match (sent.statistic, sent.percentile) {
        (Some(statistic), None) => statistic,
        (None, Some(name)) => extended(&name)?,
        _ => return Err(invalid("Exactly one of Statistic and ExtendedStatistic must be specified.").into()),
    };
    let (name, namespace, dimensions) = sent.metric;
    let (name, namespace) =
        (name.ok_or_else(|| required("MetricName"))?, namespace.ok_or_else(|| required("Namespace"))?);
    let chosen = |name: &str, value: &str| {
        invalid(format!("The value {value} for parameter {name} is not supported."))
    };
    let missing_data = sent
        .missing_data
        .map(|value| MissingData::parse(&value).ok_or_else(|| chosen("TreatMissingData", &value)));
    let low_sample_count = sent.low_sample_count.map(|value| {
        LowSampleCount::parse(&value).ok_or_else(|| chosen("EvaluateLowSampleCountPercentile", &value))
    });
    let [ok_actions, alarm_actions, insufficient_data_actions] = sent.actions;
    Ok(AlarmRecord {
        name: sent.name,
        description: sent.description,
        actions_enabled: sent.actions_enabled.unwrap_or(true),
        ok_actions,
        alarm_actions,
        insufficient_data_actions,
        metric: Metric::new(&namespace, &name, dimensions),
        statistic,
        unit: sent.unit,
        period_seconds: sent.period.ok_or_else(|| required("Period"))? as u32,
        evaluation_periods: sent.periods as u32,
        datapoints_to_alarm: sent.needed.map(|needed| needed as u32),
        threshold: sent.threshold.ok_or_else(|| required("Threshold"))?,
        comparison: sent.comparison,
        missing_data: missing_data.transpose()?,
        low_sample_count: low_sample_count.transpose()?,
        tags: sent.tags,
        configured_at: Timestamp::UNIX_EPOCH,
        state: initial_state(Timestamp::UNIX_EPOCH),
    })
}

/// What members say against each other, and what there is not.
fn check(sent: &Sent) -> Result<(), CloudWatchFault> {
    if let Some(name) = sent.unsupported {
        return Err(invalid(format!("The parameter {name} is not supported.")));
    }
    if sent.expressions {
        return Err(invalid("The parameter Metrics is not supported: an alarm is on one metric."));
    }
    if sent.name.contains(|letter: char| letter.is_ascii_control()) {
        return Err(invalid("The name of an alarm must not contain ASCII control characters."));
    }
    if !is_storable(&sent.name) {
        return Err(invalid("The name of an alarm is too long to be stored."));
    }
    let (period, periods) = (sent.period.unwrap_or(LONG_PERIOD), sent.periods);
    if !is_period(period) || period < 10 {
        return Err(invalid("Period must be 10, 20, 30 or a multiple of 60."));
    }
    let span_max = if period < LONG_PERIOD { SPAN_MAX } else { LONG_SPAN_MAX };
    if period.saturating_mul(periods) > span_max {
        return Err(invalid(format!(
            "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {span_max}).",
            if span_max == SPAN_MAX { "a day" } else { "7 days" },
        )));
    }
    if sent.needed.is_some_and(|needed| needed > periods) {
        return Err(invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods."));
    }
    match sent.actions.iter().flatten().find(|action| !action.starts_with("arn:")) {
        Some(action) => Err(invalid(format!("Invalid arn syntax: {action}"))),
        None => Ok(()),
    }
}
