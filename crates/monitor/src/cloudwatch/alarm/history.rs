//! What happened to an alarm: changes of what it is, of its state, and what it told.

use claviger_clock::Timestamp;
use claviger_wire::Enumerated;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::record::{AlarmRecord, AlarmState};
use crate::Unsent;

/// Longest data of an item: AWS's limit.
const DATA_BYTES_MAX: usize = 4095;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HistoryItem {
    pub alarm: Box<str>,
    pub at: Timestamp,
    pub kind: HistoryKind,
    pub summary: Box<str>,
    /// JSON.
    pub data: Box<str>,
}

/// The kinds of items that alarms on metrics have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HistoryKind {
    ConfigurationUpdate,
    StateUpdate,
    Action,
    ContributorStateUpdate,
    ContributorAction,
}

impl Enumerated for HistoryKind {
    const NAMES: &'static [(&'static str, HistoryKind)] = &[
        ("ConfigurationUpdate", HistoryKind::ConfigurationUpdate),
        ("StateUpdate", HistoryKind::StateUpdate),
        ("Action", HistoryKind::Action),
        ("AlarmContributorStateUpdate", HistoryKind::ContributorStateUpdate),
        ("AlarmContributorAction", HistoryKind::ContributorAction),
    ];
}

impl HistoryKind {
    pub(crate) fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// What was done to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Configuration {
    Created,
    Updated,
    Deleted,
}

/// The item of a change of what an alarm is.
pub(crate) fn configured(alarm: &AlarmRecord, what: Configuration, at: Timestamp) -> HistoryItem {
    let (verb, kind, member) = match what {
        Configuration::Created => ("created", "Create", "createdAlarm"),
        Configuration::Updated => ("updated", "Update", "updatedAlarm"),
        Configuration::Deleted => ("deleted", "Delete", "deletedAlarm"),
    };
    let shown = serde_json::json!({
        "version": "1.0",
        "type": kind,
        member: {
            "alarmName": alarm.name,
            "alarmDescription": alarm.description,
            "actionsEnabled": alarm.actions_enabled,
            "okActions": alarm.ok_actions,
            "alarmActions": alarm.alarm_actions,
            "insufficientDataActions": alarm.insufficient_data_actions,
            "namespace": alarm.metric.namespace,
            "metricName": alarm.metric.name,
            "dimensions": alarm.metric.dimensions(),
            "statistic": alarm.statistic,
            "period": alarm.period_seconds,
            "unit": alarm.unit,
            "evaluationPeriods": alarm.evaluation_periods,
            "datapointsToAlarm": alarm.datapoints_to_alarm,
            "threshold": alarm.threshold,
            "comparisonOperator": alarm.comparison.as_str(),
            "treatMissingData": alarm.missing_data,
        },
    });
    let (full, short) = (shown.to_string(), serde_json::json!({"version": "1.0", "type": kind}).to_string());
    let data = if full.len() > DATA_BYTES_MAX { short } else { full };
    let summary = format!("Alarm \"{}\" {verb}", alarm.name);
    item(&alarm.name, at, HistoryKind::ConfigurationUpdate, summary, data)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    version: &'static str,
    old_state: StateShown<'a>,
    new_state: StateShown<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateShown<'a> {
    state_value: &'static str,
    state_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason_data: Option<&'a RawValue>,
}

impl<'a> StateShown<'a> {
    fn of(state: &'a AlarmState, with_data: bool) -> StateShown<'a> {
        let data = state.reason_data.as_deref().filter(|_| with_data);
        StateShown {
            state_value: state.value.as_str(),
            state_reason: &state.reason,
            state_reason_data: data.and_then(|data| serde_json::from_str(data).ok()),
        }
    }
}

/// The item of a change of state; the alarm is in the new one.
pub(crate) fn changed(alarm: &AlarmRecord, old: &AlarmState) -> HistoryItem {
    let new = &alarm.state;
    let shown = |of_old, of_new| {
        let change = Change {
            version: "1.0",
            old_state: StateShown::of(old, of_old),
            new_state: StateShown::of(new, of_new),
        };
        serde_json::to_string(&change).unwrap_or_default()
    };
    let all = [shown(true, true), shown(false, true)];
    let fitting = all.into_iter().find(|data| data.len() <= DATA_BYTES_MAX);
    let summary = format!("Alarm updated from {} to {}", old.value.as_str(), new.value.as_str());
    item(
        &alarm.name,
        new.updated_at,
        HistoryKind::StateUpdate,
        summary,
        fitting.unwrap_or_else(|| shown(false, false)),
    )
}

/// The item of an action, and whether it was accepted.
pub(crate) fn acted(
    alarm: &str,
    action: &str,
    (at, changed_at): (Timestamp, Timestamp),
    sent: Result<(), Unsent>,
) -> HistoryItem {
    let summary = match sent {
        Ok(()) => format!("Successfully executed action {action}"),
        Err(why) => format!("Failed to execute action {action}. Received error: \"{why}\""),
    };
    let data = serde_json::json!({
        "actionState": if sent.is_ok() { "Succeeded" } else { "Failed" },
        "stateUpdateTimestamp": changed_at.as_millisecond(),
        "notificationResource": action,
        "publishedMessage": null,
        "error": sent.err().map(|why| why.to_string()),
    });
    item(alarm, at, HistoryKind::Action, summary, data.to_string())
}

fn item(alarm: &str, at: Timestamp, kind: HistoryKind, summary: String, data: String) -> HistoryItem {
    HistoryItem { alarm: alarm.into(), at, kind, summary: summary.into(), data: data.into() }
}

#[cfg(test)]
mod tests {
    use super::super::evaluate::tests::{alarm, at};
    use super::super::record::StateValue;
    use super::*;
    use serde_json::Value;

    fn data(item: &HistoryItem) -> Value {
        serde_json::from_str(&item.data).unwrap()
    }

    #[test]
    fn a_change_of_state_shows_both_with_their_reasons() {
        let mut alarm = alarm(1, 1, None);
        let old = alarm.state.clone();
        alarm.state = AlarmState {
            value: StateValue::Alarm,
            reason: "so".into(),
            reason_data: Some(r#"{"version":"1.0"}"#.into()),
            updated_at: at(60),
            transitioned_at: at(60),
        };
        let item = changed(&alarm, &old);
        assert_eq!(&*item.summary, "Alarm updated from INSUFFICIENT_DATA to ALARM");
        let expected = serde_json::json!({
            "version": "1.0",
            "oldState": {"stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation"},
            "newState": {"stateValue": "ALARM", "stateReason": "so", "stateReasonData": {"version": "1.0"}},
        });
        assert_eq!((data(&item), item.at, item.kind), (expected, at(60), HistoryKind::StateUpdate));
    }

    #[test]
    fn data_keeps_to_its_length() {
        let mut alarm = alarm(1, 1, None);
        let long = serde_json::json!({"x": "y".repeat(3_900)}).to_string();
        alarm.state.reason_data = Some(long.into());
        let item = changed(&alarm, &alarm.state);
        assert!(item.data.len() <= DATA_BYTES_MAX);
        assert_eq!(data(&item)["oldState"].get("stateReasonData"), None);
        let mut of_reason = |bytes: usize| {
            alarm.state.reason_data = Some(serde_json::json!({"x": "y".repeat(bytes)}).to_string().into());
            changed(&alarm, &alarm.state).data
        };
        let others = of_reason(3_000).len() - 3_000;
        assert_eq!(of_reason(DATA_BYTES_MAX - others).len(), DATA_BYTES_MAX);
        assert!(!of_reason(DATA_BYTES_MAX - others + 1).contains("stateReasonData"));
        alarm.alarm_actions = vec!["a".repeat(1_024).into(); 5];
        assert_eq!(configured(&alarm, Configuration::Created, at(0)).data.len(), 33);
    }

    #[test]
    fn an_action_tells_whether_it_was_accepted() {
        let acted = |sent| acted("a", "arn:x", (at(60), at(0)), sent);
        let (done, failed) = (acted(Ok(())), acted(Err(Unsent::Full)));
        assert_eq!(&*done.summary, "Successfully executed action arn:x");
        assert_eq!(data(&done)["actionState"], "Succeeded");
        assert!(failed.summary.starts_with("Failed to execute action arn:x."));
        assert_eq!(data(&failed)["error"], "too many messages wait for the destination");
    }
}
