//! What counts after a write that was broken off, and what a write leaves alone.

use super::super::tests::{Node, START, node, place, record, run};
use super::super::{KMS_NAMESPACE, Metric};
use super::*;

/// More than one commit takes.
const KEYS: i64 = 100;

fn used(second: i64) -> Vec<String> {
    (0..KEYS).map(|number| record(second, "Decrypt", None, &[&format!("arn:{number}")])).collect()
}

fn sums(node: &Node) -> Vec<Option<f64>> {
    let sum = |number: i64| {
        let arn = format!("arn:{number}");
        node.sum(
            KMS_NAMESPACE,
            "SuccessfulRequest",
            &[("KeyArn", &arn), ("Operation", "Decrypt")],
            Unit::COUNT,
        )
    };
    let mut sums: Vec<Option<f64>> = (0..KEYS).map(sum).collect();
    sums.dedup();
    sums
}

/// Begins a write and makes only the first of its commits.
fn break_off(node: &Node) {
    let metrics = &node.watch.cloudwatch.metrics;
    let (unwritten, _, next) = metrics.take().unwrap();
    let (chunk, next) = (&unwritten[..HOURS_PER_COMMIT], next.unwrap());
    run(metrics.write_chunk(chunk, Some(&next), vec![next.begin().unwrap()])).unwrap();
}

#[test]
fn a_write_that_was_broken_off_counts_nothing_twice() {
    let node = node();
    node.take(&used(0));
    node.pass(61);
    node.take(&used(62));
    break_off(&node);
    assert_eq!(sums(&node), [Some(2.0)]);
    let node = node.restarted();
    assert_eq!(
        (sums(&node), node.watch.cloudwatch.metrics.position().unwrap().records),
        (vec![Some(1.0)], 100)
    );
    // A write that has nothing to do with what was broken off does not make it count either.
    node.pass(60);
    assert_eq!(sums(&node), [Some(1.0)]);
    node.take(&used(62));
    assert_eq!(sums(&node), [Some(2.0)]);
    node.pass(60);
    assert_eq!(sums(&node), [Some(2.0)]);
    assert_eq!(sums(&node.restarted()), [Some(2.0)]);
}

#[test]
fn a_write_that_failed_is_made_again_and_counts_once() {
    let node = node();
    node.take(&used(0));
    break_off(&node);
    node.take(&used(1));
    assert_eq!(sums(&node), [Some(2.0)]);
    node.pass(61);
    assert_eq!(sums(&node), [Some(2.0)]);
    assert_eq!(sums(&node.restarted()), [Some(2.0)]);
}

#[test]
fn values_of_ones_own_are_written_at_once_and_nothing_else_is() {
    let node = node();
    node.take(&used(0));
    let Place { account, region } = place();
    let name = SeriesName { account, region, metric: Metric::new("n", "m", vec![]), unit: Unit::NONE };
    let put = || {
        let values = vec![(name.clone(), START / 60, StatisticSet::of(1.0)); 2];
        run(node.watch.cloudwatch.metrics.put(values)).unwrap();
    };
    put();
    put();
    assert_eq!((sums(&node), node.sum("n", "m", &[], Unit::NONE)), (vec![Some(1.0)], Some(4.0)));
    let node = node.restarted();
    assert_eq!((sums(&node), node.sum("n", "m", &[], Unit::NONE)), (vec![None], Some(4.0)));
}

#[test]
fn a_series_that_cannot_be_read_hinders_no_other() {
    let node = node();
    node.take(&used(0));
    node.pass(61);
    let path = series_path(place(), 0).unwrap();
    run(put(&node.store, vec![Write::put(path, b"{".to_vec())])).unwrap();
    assert_eq!(sums(&node.restarted()), [Some(1.0)]);
}
