//! The metrics, the alarms and the filters of a node, on a store in memory and a clock that is moved.

mod alarms;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use claviger_audit::{Consumer as _, Entry, Event, Outline, Place as RecordPlace, Position};
use claviger_clock::{Clock, Timestamp};
use claviger_crypto::SystemRandom;
use claviger_names::AccountId;
use claviger_seal::{EphemeralRootKey, SealedStore};
use claviger_store::MemoryStore;
use futures_util::future::{BoxFuture, FutureExt as _};

use super::alarm::evaluate_tests::alarm;
use super::alarm::{self as stored, Configuration, HistoryKind, MissingData, StateValue, configured};
use super::query::Periods;
use super::*;
use crate::logs::test_group;
use crate::place::Place;
use crate::{Courier, Message, Unsent, Watch, WatchParts};

const ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/1";
const OPS: &str = "arn:aws:sns:us-east-1:111122223333:ops";

const DAY: i64 = 86_400;

/// Midnight of the first of January 2026.
pub(super) const START: i64 = 1_767_225_600;

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Takes all messages, or none while it is full.
#[derive(Default)]
struct Postbox(Mutex<Vec<(String, Message)>>, AtomicBool);

impl Courier for Postbox {
    fn knows(&self, arn: &str, _: AccountId, _: &str) -> bool {
        arn == OPS
    }

    fn send(&self, arn: &str, message: Message) -> Result<(), Unsent> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Unsent::Full);
        }
        self.0.lock().unwrap().push((arn.to_owned(), message));
        Ok(())
    }
}

struct OneKey;

impl Expiries for OneKey {
    fn expiring(&self) -> BoxFuture<'_, Result<Vec<Expiring>, String>> {
        let Place { account, region } = place();
        let at = Timestamp::from_second(START + DAY).unwrap();
        std::future::ready(Ok(vec![Expiring { account, region, key_id: "1".into(), at }])).boxed()
    }
}

/// A node's watch, with all that it stands on.
pub(super) struct Node {
    pub(super) watch: Watch,
    pub(super) store: Arc<SealedStore>,
    clock: Arc<Hands>,
    post: Arc<Postbox>,
}

pub(super) fn place() -> Place {
    Place { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

pub(super) fn node() -> Node {
    let clock = Arc::new(Hands(AtomicI64::new(START)));
    let root = Arc::new(EphemeralRootKey::generate(&SystemRandom).unwrap());
    let store = SealedStore::open(Arc::new(MemoryStore::new()), root, Arc::new(SystemRandom), clock.clone());
    start(Arc::new(run(store).unwrap()), clock)
}

fn start(store: Arc<SealedStore>, clock: Arc<Hands>) -> Node {
    let post = Arc::new(Postbox::default());
    let parts = WatchParts {
        store: store.clone(),
        clock: clock.clone(),
        random: Arc::new(SystemRandom),
        courier: post.clone(),
        expiries: Arc::new(OneKey),
    };
    Node { watch: run(Watch::open(parts)).unwrap(), store, clock, post }
}

impl Node {
    /// The same after it stopped without a word.
    pub(super) fn restarted(self) -> Node {
        start(self.store, self.clock)
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        run(self.watch.settle());
    }

    pub(super) fn take(&self, records: &[String]) {
        let before = self.watch.position().unwrap_or_default().records;
        let outlines: Vec<_> = records.iter().map(|text| Outline::of(text).unwrap()).collect();
        let mut entries = Vec::new();
        for (number, (text, outline)) in (before + 1..).zip(records.iter().zip(&outlines)) {
            let place = RecordPlace { file: 0, offset: number };
            let after = Position { records: number, file: 0, offset: number };
            entries.push(Entry { place, after, text, event: Event::of(text, outline) });
        }
        run(self.watch.clone().take(&entries)).unwrap();
    }

    pub(super) fn sum(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        unit: Unit,
    ) -> Option<f64> {
        let dimensions = dimensions.iter().map(|(name, value)| Dimension::new(name, value)).collect();
        let metric = Metric::new(namespace, name, dimensions);
        let periods = Periods { start: START, end: START + 40 * DAY, seconds: 40 * DAY };
        let filled = run(self.watch.cloudwatch.metrics.filled(place(), &metric, unit, periods)).unwrap();
        filled.values().next().and_then(|values| Statistic::Sum.of(values))
    }

    fn requests(&self, operation: &str) -> Option<f64> {
        self.sum(
            KMS_NAMESPACE,
            "SuccessfulRequest",
            &[("KeyArn", ARN), ("Operation", operation)],
            Unit::COUNT,
        )
    }

    fn put(&self, alarm: &stored::AlarmRecord) {
        let cloudwatch = &self.watch.cloudwatch;
        run(cloudwatch.places.note(&self.store, place())).unwrap();
        let item = configured(alarm, Configuration::Created, self.clock.now());
        run(stored::save(&self.store, place(), alarm, None, Some(&item))).unwrap();
    }

    fn state(&self) -> StateValue {
        run(stored::load(&self.store, place(), "a")).unwrap().unwrap().record.state.value
    }

    fn history(&self) -> Vec<(HistoryKind, String)> {
        let is_asked_for = &|_: &stored::HistoryItem| true;
        let (start, end) = (None, None);
        let asked = stored::Asked { start, end, from: 0, items: 4_000, ascending: true, is_asked_for };
        let (items, _) = run(stored::find_history(&self.store, place(), &asked)).unwrap();
        items.into_iter().map(|item| (item.kind, item.summary.into())).collect()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.post.0.lock().unwrap())
            .into_iter()
            .map(|(_, it)| it.subject.into())
            .collect()
    }
}

/// A record of a request of KMS at so many seconds.
pub(super) fn record(second: i64, operation: &str, error: Option<&str>, resources: &[&str]) -> String {
    let resource =
        |arn: &&str| serde_json::json!({"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": arn});
    serde_json::json!({
        "userIdentity": {"type": "IAMUser", "accessKeyId": "AKIAX", "accountId": "111122223333"},
        "eventTime": Timestamp::from_second(START + second).unwrap().to_string(),
        "eventSource": "kms.amazonaws.com", "eventName": operation, "awsRegion": "us-east-1",
        "errorCode": error.map(|_| "KMSInvalidStateException"), "errorMessage": error,
        "requestParameters": null, "eventID": "e", "readOnly": true,
        "resources": resources.iter().map(resource).collect::<Vec<_>>(),
        "eventType": "AwsApiCall", "recipientAccountId": "111122223333",
    })
    .to_string()
}

fn calls(node: &Node, operation: &str) -> Option<f64> {
    let dimensions = [("Service", "KMS"), ("Class", "None"), ("Type", "API"), ("Resource", operation)];
    node.sum(USAGE_NAMESPACE, "CallCount", &dimensions, Unit::NONE)
}

#[test]
fn requests_are_counted_by_key_and_operation_and_by_caller() {
    let node = node();
    let failed = record(2, "Decrypt", Some("no"), &[ARN]);
    node.take(&[record(0, "Decrypt", None, &[ARN]), record(1, "Decrypt", None, &[ARN]), failed]);
    node.take(&[record(3, "DescribeKey", None, &[ARN]), record(3, "GenerateRandom", None, &[])]);
    assert_eq!((node.requests("Decrypt"), node.requests("DescribeKey")), (Some(2.0), None));
    assert_eq!((calls(&node, "Decrypt"), calls(&node, "DescribeKey")), (Some(3.0), Some(1.0)));
    assert_eq!(calls(&node, "GenerateRandom"), Some(1.0));
}

#[test]
fn what_re_encrypt_used_is_counted_by_both_keys() {
    let node = node();
    node.take(&[record(0, "ReEncrypt", None, &[ARN, "arn:2"])]);
    let dimensions = [("SourceKeyArn", ARN), ("DestinationKeyArn", "arn:2"), ("Operation", "ReEncrypt")];
    assert_eq!(node.sum(KMS_NAMESPACE, "SuccessfulRequest", &dimensions, Unit::COUNT), Some(1.0));
}

#[test]
fn in_the_account_of_another_the_caller_counts_and_in_the_owners_the_key() {
    let node = node();
    let owners = record(0, "Decrypt", None, &[ARN]).replace(r#""accessKeyId":"AKIAX","#, "");
    let callers = record(0, "Encrypt", None, &[ARN]).replace(
        r#"ARN":"arn:aws:kms:us-east-1:111122223333:key/1","accountId":"111122223333""#,
        r#"ARN":"arn:aws:kms:us-east-1:111122223333:key/1","accountId":"444455556666""#,
    );
    node.take(&[owners, callers]);
    assert_eq!((node.requests("Decrypt"), calls(&node, "Decrypt")), (Some(1.0), None));
    assert_eq!((node.requests("Encrypt"), calls(&node, "Encrypt")), (None, Some(1.0)));
}

#[test]
fn values_are_read_alike_before_they_are_written_and_after_and_after_a_restart() {
    let node = node();
    node.take(&[record(0, "Decrypt", None, &[ARN])]);
    assert_eq!(node.requests("Decrypt"), Some(1.0));
    node.pass(61);
    assert_eq!(node.requests("Decrypt"), Some(1.0));
    node.take(&[record(2, "Decrypt", None, &[ARN]), record(3_700, "Decrypt", None, &[ARN])]);
    assert_eq!(node.requests("Decrypt"), Some(3.0));
    node.pass(60);
    let node = node.restarted();
    assert_eq!((node.requests("Decrypt"), node.watch.position().unwrap().records), (Some(3.0), 3));
    let listed = node.watch.cloudwatch.metrics.list(place());
    assert_eq!(listed.iter().filter(|(metric, _)| &*metric.name == "SuccessfulRequest").count(), 1);
}

#[test]
fn what_was_not_written_is_taken_again_from_where_the_metrics_stand() {
    let node = node();
    node.take(&[record(0, "Decrypt", None, &[ARN])]);
    node.pass(61);
    node.take(&[record(61, "Decrypt", None, &[ARN])]);
    let node = node.restarted();
    assert_eq!(node.watch.position().unwrap().records, 1);
    node.take(&[record(61, "Decrypt", None, &[ARN])]);
    assert_eq!(node.requests("Decrypt"), Some(2.0));
}

#[test]
fn more_series_than_one_commit_takes_are_written_all() {
    let node = node();
    let arns: Vec<String> = (0..300).map(|number| format!("arn:{number}")).collect();
    let records: Vec<String> = arns.iter().map(|arn| record(0, "Decrypt", None, &[arn])).collect();
    node.take(&records);
    node.pass(61);
    let node = node.restarted();
    let dimensions = |arn| [("KeyArn", arn), ("Operation", "Decrypt")];
    let sums =
        arns.iter().map(|arn| node.sum(KMS_NAMESPACE, "SuccessfulRequest", &dimensions(arn), Unit::COUNT));
    assert!(sums.into_iter().all(|sum| sum == Some(1.0)));
}

#[test]
fn values_older_than_fifteen_days_are_forgotten_with_their_series() {
    let node = node();
    node.take(&[record(0, "Decrypt", None, &[ARN])]);
    node.pass(61);
    node.take(&[record(14 * DAY, "Encrypt", None, &[ARN])]);
    node.pass(16 * DAY);
    assert_eq!((node.requests("Decrypt"), node.requests("Encrypt")), (None, Some(1.0)));
    let node = node.restarted();
    assert_eq!((node.requests("Decrypt"), node.requests("Encrypt")), (None, Some(1.0)));
}

#[test]
fn the_series_that_were_not_written_for_longest_make_room_for_new_ones() {
    let node = node();
    let places = node.watch.cloudwatch.places.clone();
    let store = || store::MetricStore::open(node.store.clone(), Arc::new(SystemRandom), places.clone(), 200);
    let metrics = run(store()).unwrap();
    let stranger = "444455556666".parse().unwrap();
    let put = |number: i64| {
        let Place { account, region } = place();
        let account = if number < 0 { stranger } else { account };
        let metric = Metric::new("n", &number.to_string(), Vec::new());
        let name = SeriesName { account, region, metric, unit: Unit::COUNT };
        metrics.add([(name, START / 60 + number * 60, StatisticSet::of(1.0))], None);
    };
    (-1..200).for_each(put);
    run(metrics.write()).unwrap();
    put(200);
    run(metrics.write()).unwrap();
    let names = |metrics: &store::MetricStore| {
        let mut names: Vec<i64> =
            metrics.list(place()).iter().map(|(it, _)| it.name.parse().unwrap()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&metrics), (100..=200).collect::<Vec<_>>());
    assert_eq!(names(&run(store()).unwrap()), (100..=200).collect::<Vec<_>>());
    assert_eq!(metrics.list(Place { account: stranger, ..place() }).len(), 1);
}

#[test]
fn an_expiring_key_has_a_value_every_minute() {
    let node = node();
    node.pass(61);
    let name = "SecondsUntilKeyMaterialExpiration";
    assert_eq!(node.sum(KMS_NAMESPACE, name, &[("KeyId", "1")], Unit::SECONDS), Some(DAY as f64 - 61.0));
    node.pass(10);
    assert_eq!(node.sum(KMS_NAMESPACE, name, &[("KeyId", "1")], Unit::SECONDS), Some(DAY as f64 - 61.0));
    node.pass(2 * DAY);
    assert_eq!(node.sum(KMS_NAMESPACE, name, &[("KeyId", "1")], Unit::SECONDS), Some(DAY as f64 - 61.0));
}

#[test]
fn an_alarm_goes_off_and_back_and_tells_each_once() {
    let node = node();
    let mut alarm = alarm(1, 1, Some(MissingData::NotBreaching));
    let dimensions = vec![Dimension::new("KeyArn", ARN), Dimension::new("Operation", "Decrypt")];
    alarm.metric = Metric::new(KMS_NAMESPACE, "SuccessfulRequest", dimensions);
    (alarm.alarm_actions, alarm.ok_actions) = (vec![OPS.into()], vec!["arn:nobody".into()]);
    node.put(&alarm);
    node.pass(61);
    assert_eq!(node.state(), StateValue::Ok);
    node.take(&[record(70, "Decrypt", None, &[ARN])]);
    assert_eq!((node.state(), node.told()), (StateValue::Ok, Vec::new()));
    node.pass(60);
    assert_eq!(node.state(), StateValue::Alarm);
    assert_eq!(node.told(), ["ALARM: \"a\" in US East (N. Virginia)"]);
    node.pass(60);
    assert_eq!((node.state(), node.told()), (StateValue::Alarm, Vec::new()));
    node.pass(5 * DAY);
    assert_eq!((node.state(), node.told()), (StateValue::Ok, Vec::new()));
    use HistoryKind::{Action, ConfigurationUpdate, StateUpdate};
    let unknown = "Failed to execute action arn:nobody. Received error: \"there is no such destination\"";
    let expected = [
        (ConfigurationUpdate, "Alarm \"a\" created".to_owned()),
        (StateUpdate, "Alarm updated from INSUFFICIENT_DATA to OK".to_owned()),
        (Action, unknown.to_owned()),
        (StateUpdate, "Alarm updated from OK to ALARM".to_owned()),
        (Action, format!("Successfully executed action {OPS}")),
        (StateUpdate, "Alarm updated from ALARM to OK".to_owned()),
        (Action, unknown.to_owned()),
    ];
    assert_eq!(node.history(), expected);
}

#[test]
fn an_alarm_whose_actions_are_disabled_changes_and_tells_nobody() {
    let node = node();
    let mut alarm = alarm(1, 1, Some(MissingData::Breaching));
    (alarm.alarm_actions, alarm.actions_enabled) = (vec![OPS.into()], false);
    node.put(&alarm);
    node.pass(61);
    assert_eq!((node.state(), node.told()), (StateValue::Alarm, Vec::new()));
}

#[test]
fn a_state_set_by_hand_holds_until_the_next_evaluation() {
    let node = node();
    node.put(&alarm(1, 1, Some(MissingData::NotBreaching)));
    node.pass(61);
    let stored = run(stored::load(&node.store, place(), "a")).unwrap().unwrap();
    let new = stored::NewState { value: StateValue::Alarm, reason: "test".into(), reason_data: None };
    run(node.watch.cloudwatch.set_state(place(), stored, new, node.clock.now())).unwrap();
    node.pass(10);
    assert_eq!(node.state(), StateValue::Alarm);
    node.pass(60);
    assert_eq!(node.state(), StateValue::Ok);
}

#[test]
fn the_guides_filter_makes_the_guides_alarm_go_off() {
    let node = node();
    let pattern = r#"{ $.eventSource = kms* && $.errorMessage = "* is pending deletion." }"#;
    run(test_group(&node.watch.logs, place(), pattern, "KMSKeyPendingDeletionErrorCount")).unwrap();
    let mut alarm = alarm(1, 1, Some(MissingData::NotBreaching));
    alarm.metric = Metric::new("CloudTrailLogMetrics", "KMSKeyPendingDeletionErrorCount", Vec::new());
    (alarm.unit, alarm.alarm_actions) = (None, vec![OPS.into()]);
    node.put(&alarm);
    let node = node.restarted();
    node.take(&[record(1, "Decrypt", Some(&format!("{ARN} is disabled.")), &[ARN])]);
    node.pass(61);
    assert_eq!((node.state(), node.told()), (StateValue::Ok, Vec::new()));
    node.take(&[record(70, "Decrypt", Some(&format!("{ARN} is pending deletion.")), &[ARN])]);
    node.pass(60);
    assert_eq!(node.told(), ["ALARM: \"a\" in US East (N. Virginia)"]);
}
