//! What becomes of an alarm's history, of what it tells, and of its name.

use std::sync::atomic::Ordering;

use super::super::alarm::evaluate_tests::alarm;
use super::super::alarm::{
    AlarmRecord, Asked, HistoryItem, HistoryKind, ITEMS_PER_ALARM_MAX, MissingData, StateValue, delete,
    find_history, load, load_all,
};
use super::{DAY, Node, OPS, START, node, place, run};
use crate::cloudwatch::alarm::{Configuration, NewState, configured};
use claviger_clock::Timestamp;

fn set(node: &Node, value: StateValue) {
    let stored = run(load(&node.store, place(), "a")).unwrap().unwrap();
    let new = NewState { value, reason: "test".into(), reason_data: None };
    run(node.watch.cloudwatch.set_state(place(), stored, new, super::Clock::now(&*node.clock))).unwrap();
}

fn telling() -> AlarmRecord {
    let mut alarm = alarm(1, 1, Some(MissingData::Breaching));
    alarm.alarm_actions = vec![OPS.into()];
    alarm
}

#[test]
fn what_is_not_accepted_is_told_when_it_can_be_and_once() {
    let node = node();
    node.put(&telling());
    node.post.1.store(true, Ordering::SeqCst);
    node.pass(61);
    node.pass(60);
    assert_eq!((node.state(), node.told()), (StateValue::Alarm, vec![]));
    let node = node.restarted();
    node.pass(60);
    assert_eq!(node.told(), ["ALARM: \"a\" in US East (N. Virginia)"]);
    node.pass(60);
    assert_eq!((node.told(), node.history().len()), (vec![], 3));
    let (kind, summary) = &node.history()[2];
    assert_eq!((*kind, &**summary), (HistoryKind::Action, &*format!("Successfully executed action {OPS}")));
}

#[test]
fn what_is_never_accepted_is_given_up_after_a_day() {
    let node = node();
    node.put(&telling());
    node.post.1.store(true, Ordering::SeqCst);
    node.pass(61);
    node.pass(DAY - 60);
    assert_eq!(node.history().len(), 2);
    node.pass(60);
    assert!(node.history()[2].1.starts_with("Failed to execute action"));
    node.post.1.store(false, Ordering::SeqCst);
    node.pass(60);
    assert_eq!((node.told(), node.history().len()), (vec![], 3));
}

#[test]
fn history_keeps_the_newest_items_of_each_alarm() {
    let node = node();
    let other = AlarmRecord { name: "a/other".into(), ..alarm(1, 1, None) };
    node.put(&other);
    node.put(&alarm(1, 1, None));
    for number in 0..ITEMS_PER_ALARM_MAX + 20 {
        set(&node, if number % 2 == 0 { StateValue::Alarm } else { StateValue::Ok });
    }
    let history = node.history();
    assert_eq!(history.len(), ITEMS_PER_ALARM_MAX + 1);
    assert_eq!(history[0].1, "Alarm \"a/other\" created");
    assert_eq!(history.last().unwrap().1, "Alarm updated from ALARM to OK");
    assert!(history[1..].iter().all(|(kind, _)| *kind == HistoryKind::StateUpdate));
    let rows = run(crate::place::scan_all(&node.store, place().span("alarm-history"))).unwrap();
    assert_eq!(rows.len(), 2 * history.len());
    node.pass(31 * DAY);
    // The alarm has just come to know that it has no values.
    assert_eq!(run(crate::place::scan_all(&node.store, place().span("alarm-history"))).unwrap().len(), 2);
}

#[test]
fn history_is_told_in_pages_either_way_and_between_its_dates() {
    let node = node();
    node.put(&alarm(1, 1, None));
    for (second, value) in [(10, StateValue::Alarm), (20, StateValue::Ok), (30, StateValue::Alarm)] {
        node.clock.0.store(START + second, Ordering::SeqCst);
        set(&node, value);
    }
    let page = |from, items, ascending, span: Option<(i64, i64)>| {
        let at = |second: i64| Timestamp::from_second(START + second).unwrap();
        let (start, end) = (span.map(|(start, _)| at(start)), span.map(|(_, end)| at(end)));
        let is_asked_for = &|_: &HistoryItem| true;
        let asked = Asked { start, end, from, items, ascending, is_asked_for };
        let (items, has_more) = run(find_history(&node.store, place(), &asked)).unwrap();
        (items.iter().map(|item| item.at.as_second() - START).collect::<Vec<_>>(), has_more)
    };
    assert_eq!(page(0, 3, false, None), (vec![30, 20, 10], true));
    assert_eq!(page(3, 3, false, None), (vec![0], false));
    assert_eq!(page(0, 3, true, None), (vec![0, 10, 20], true));
    assert_eq!(page(3, 3, true, None), (vec![30], false));
    assert_eq!(page(0, 9, false, Some((10, 20))), (vec![20, 10], false));
    assert_eq!(page(usize::MAX, 9, true, None), (vec![], false));
}

#[test]
fn names_may_have_any_letters() {
    let node = node();
    for name in ["häuser/größer", "100%", "%C3", "数"] {
        let alarm = AlarmRecord { name: name.into(), ..alarm(1, 1, None) };
        node.put(&alarm);
        let stored = run(load(&node.store, place(), name)).unwrap().unwrap();
        assert_eq!(&*stored.record.name, name);
        let item = configured(&alarm, Configuration::Deleted, Timestamp::UNIX_EPOCH);
        run(delete(&node.store, place(), &[(stored, item)])).unwrap();
        assert!(run(load(&node.store, place(), name)).unwrap().is_none());
    }
    assert!(run(load(&node.store, place(), &"数".repeat(255))).unwrap().is_none());
}

#[test]
fn an_alarm_that_cannot_be_read_hinders_no_other() {
    let node = node();
    node.put(&alarm(1, 1, Some(MissingData::NotBreaching)));
    let path = place().path("alarm/0").unwrap();
    run(crate::place::put(&node.store, vec![claviger_seal::Write::put(path, b"{".to_vec())])).unwrap();
    node.pass(61);
    assert_eq!(node.state(), StateValue::Ok);
    assert_eq!(run(load_all(&node.store, place())).unwrap().len(), 1);
}

#[test]
fn a_log_group_that_cannot_be_read_hinders_no_other() {
    let node = node();
    run(crate::logs::test_group(&node.watch.logs, place(), "{ $.eventName = Decrypt }", "m")).unwrap();
    let path = place().path("log-group/0").unwrap();
    run(crate::place::put(&node.store, vec![claviger_seal::Write::put(path, b"{".to_vec())])).unwrap();
    let node = node.restarted();
    node.take(&[super::record(0, "Decrypt", None, &[])]);
    assert_eq!(node.sum("CloudTrailLogMetrics", "m", &[], crate::cloudwatch::Unit::NONE), Some(1.0));
}

#[test]
fn history_is_forgotten_after_thirty_days() {
    let node = node();
    node.put(&alarm(1, 1, Some(MissingData::NotBreaching)));
    node.pass(61);
    assert_eq!(node.history().len(), 2);
    node.pass(31 * DAY);
    assert_eq!(node.history().len(), 0);
}
