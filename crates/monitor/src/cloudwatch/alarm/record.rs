//! An alarm as it is stored.

use claviger_clock::Timestamp;
use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};

use crate::cloudwatch::{Metric, Statistic, Unit};

/// An alarm on one statistic of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AlarmRecord {
    pub name: Box<str>,
    pub description: Option<Box<str>>,
    pub actions_enabled: bool,
    pub ok_actions: Vec<Box<str>>,
    pub alarm_actions: Vec<Box<str>>,
    pub insufficient_data_actions: Vec<Box<str>>,
    pub metric: Metric,
    pub statistic: Statistic,
    pub unit: Option<Unit>,
    pub period_seconds: u32,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: Option<u32>,
    pub threshold: f64,
    pub comparison: Comparison,
    pub missing_data: Option<MissingData>,
    pub low_sample_count: Option<LowSampleCount>,
    pub tags: Vec<(Box<str>, Box<str>)>,
    pub configured_at: Timestamp,
    pub state: AlarmState,
}

/// What state an alarm is in, since when, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AlarmState {
    pub value: StateValue,
    pub reason: Box<str>,
    /// JSON, if there is any.
    pub reason_data: Option<Box<str>>,
    /// When it was last set.
    pub updated_at: Timestamp,
    /// When it last became another.
    pub transitioned_at: Timestamp,
}

/// The states of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StateValue {
    InsufficientData,
    Alarm,
    Ok,
}

/// How a value is held against the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Comparison {
    GreaterThanOrEqual,
    GreaterThan,
    LessThan,
    LessThanOrEqual,
}

/// What a period without values counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum MissingData {
    Breaching,
    NotBreaching,
    Ignore,
    Missing,
}

/// Whether a percentile of few values is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LowSampleCount {
    Evaluate,
    Ignore,
}

impl AlarmRecord {
    /// How many of the periods must breach the threshold.
    pub(crate) fn needed(&self) -> u32 {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }

    /// What it tells on coming to a state.
    pub(crate) fn actions(&self, state: StateValue) -> &[Box<str>] {
        match state {
            StateValue::InsufficientData => &self.insufficient_data_actions,
            StateValue::Alarm => &self.alarm_actions,
            StateValue::Ok => &self.ok_actions,
        }
    }
}

impl StateValue {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            StateValue::InsufficientData => "INSUFFICIENT_DATA",
            StateValue::Alarm => "ALARM",
            StateValue::Ok => "OK",
        }
    }
}

impl Enumerated for StateValue {
    const NAMES: &'static [(&'static str, StateValue)] = &[
        ("INSUFFICIENT_DATA", StateValue::InsufficientData),
        ("ALARM", StateValue::Alarm),
        ("OK", StateValue::Ok),
    ];
}

impl Comparison {
    pub(crate) fn is_breached_by(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::GreaterThanOrEqual => value >= threshold,
            Comparison::GreaterThan => value > threshold,
            Comparison::LessThan => value < threshold,
            Comparison::LessThanOrEqual => value <= threshold,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Comparison::GreaterThanOrEqual => "GreaterThanOrEqualToThreshold",
            Comparison::GreaterThan => "GreaterThanThreshold",
            Comparison::LessThan => "LessThanThreshold",
            Comparison::LessThanOrEqual => "LessThanOrEqualToThreshold",
        }
    }

    /// As reasons say it.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Comparison::GreaterThanOrEqual => "greater than or equal to",
            Comparison::GreaterThan => "greater than",
            Comparison::LessThan => "less than",
            Comparison::LessThanOrEqual => "less than or equal to",
        }
    }
}

impl MissingData {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            MissingData::Breaching => "breaching",
            MissingData::NotBreaching => "notBreaching",
            MissingData::Ignore => "ignore",
            MissingData::Missing => "missing",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<MissingData> {
        let all =
            [MissingData::Breaching, MissingData::NotBreaching, MissingData::Ignore, MissingData::Missing];
        all.into_iter().find(|known| known.as_str() == text)
    }
}

impl LowSampleCount {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            LowSampleCount::Evaluate => "evaluate",
            LowSampleCount::Ignore => "ignore",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<LowSampleCount> {
        [LowSampleCount::Evaluate, LowSampleCount::Ignore].into_iter().find(|known| known.as_str() == text)
    }
}
