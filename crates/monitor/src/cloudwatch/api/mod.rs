//! The API of CloudWatch, one file an operation.

mod alarm_actions;
mod alarm_shown;
mod delete_alarms;
mod describe_alarm_history;
mod describe_alarms;
mod describe_alarms_for_metric;
mod get_metric_data;
mod get_metric_statistics;
mod list_metrics;
mod member;
mod put_metric_alarm;
mod put_metric_data;
mod set_alarm_state;
mod tags;

use claviger_api::{Api, Entry, QueryVersion, Service, entry};

use super::CloudWatch;

impl Api for CloudWatch {
    const SERVICE: Service = Service {
        event_source: "monitoring.amazonaws.com",
        signing_names: &["monitoring"],
        targets: &["GraniteServiceVersion20100801"],
        query: Some(QueryVersion {
            version: "2010-08-01",
            namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
        }),
        cbor_namespace: Some("com.amazonaws.cloudwatch"),
        invalid: "ValidationError",
    };
    const OPERATIONS: &'static [Entry<CloudWatch>] = &[
        entry::<delete_alarms::DeleteAlarms>(),
        entry::<describe_alarm_history::DescribeAlarmHistory>(),
        entry::<describe_alarms::DescribeAlarms>(),
        entry::<describe_alarms_for_metric::DescribeAlarmsForMetric>(),
        entry::<alarm_actions::DisableAlarmActions>(),
        entry::<alarm_actions::EnableAlarmActions>(),
        entry::<get_metric_data::GetMetricData>(),
        entry::<get_metric_statistics::GetMetricStatistics>(),
        entry::<list_metrics::ListMetrics>(),
        entry::<tags::ListTagsForResource>(),
        entry::<put_metric_alarm::PutMetricAlarm>(),
        entry::<put_metric_data::PutMetricData>(),
        entry::<set_alarm_state::SetAlarmState>(),
        entry::<tags::TagResource>(),
        entry::<tags::UntagResource>(),
    ];
}
