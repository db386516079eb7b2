//! The API of CloudWatch Logs, one file an operation.

mod create_log_group;
mod delete_log_group;
mod delete_metric_filter;
mod describe_log_groups;
mod describe_metric_filters;
mod member;
mod put_metric_filter;
mod test_metric_filter;

use claviger_api::{Api, Entry, Fault, Service, entry};

use super::Logs;
use super::fault::LogsFault;
use super::record::{self, Group};
use crate::place::Place;

impl Api for Logs {
    const SERVICE: Service = Service {
        event_source: "logs.amazonaws.com",
        signing_names: &["logs"],
        targets: &["Logs_20140328"],
        query: None,
        cbor_namespace: None,
        invalid: "InvalidParameterException",
    };
    const OPERATIONS: &'static [Entry<Logs>] = &[
        entry::<create_log_group::CreateLogGroup>(),
        entry::<delete_log_group::DeleteLogGroup>(),
        entry::<delete_metric_filter::DeleteMetricFilter>(),
        entry::<describe_log_groups::DescribeLogGroups>(),
        entry::<describe_metric_filters::DescribeMetricFilters>(),
        entry::<put_metric_filter::PutMetricFilter>(),
        entry::<test_metric_filter::TestMetricFilter>(),
    ];
}

/// The group of this name.
async fn group(logs: &Logs, place: Place, name: &str) -> Result<Group, Fault> {
    let groups = record::load_all(&logs.store, place).await?;
    let found = groups.into_iter().find(|group| &*group.name == name);
    found.ok_or_else(|| LogsFault::NoGroup.into())
}
