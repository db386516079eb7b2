//! DescribeAlarmsForMetric.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation};
use claviger_wire::{Members, TextRule};

use super::alarm_shown;
use super::member::{METRIC_NAME, NAMESPACE, PERIOD, ask, dimensions, extended, place, text};
use crate::cloudwatch::alarm::{self, AlarmRecord};
use crate::cloudwatch::{CloudWatch, Metric, Statistic, Unit};

pub(super) struct DescribeAlarmsForMetric;

pub(super) struct Request {
    metric: Metric,
    statistic: Option<Statistic>,
    period: Option<i64>,
    unit: Option<Unit>,
}

impl Operation for DescribeAlarmsForMetric {
    const FACTS: Facts = Facts::read("DescribeAlarmsForMetric", "cloudwatch:DescribeAlarmsForMetric");
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.required_text("MetricName", &METRIC_NAME);
        let namespace = members.required_text("Namespace", &NAMESPACE);
        let statistic = members.one_of("Statistic");
        let percentile = text(&mut members, "ExtendedStatistic", &TextRule::length(0, 255));
        let metric = Metric::new(&namespace, &name, dimensions(&mut members));
        let period = members.whole("Period", PERIOD);
        let unit = members.one_of("Unit");
        let (metric, statistic, percentile) = members.finish((metric, statistic, percentile))?;
        let percentile = percentile.map(|name| extended(&name)).transpose()?;
        Ok(Request { metric, statistic: statistic.or(percentile), period, unit })
    }

    fn asks(call: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, "*")])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let mut alarms = alarm::load_all(&cloudwatch.store, place(call)).await?;
        alarms.retain(|stored| request.is_about(&stored.record));
        let shown: Answer =
            alarms.iter().map(|stored| alarm_shown::alarm(place(call), &stored.record)).collect();
        Ok(Done::answered(Answer::structure().with("MetricAlarms", shown)))
    }
}

impl Request {
    fn is_about(&self, alarm: &AlarmRecord) -> bool {
        self.metric == alarm.metric
            && self.statistic.is_none_or(|statistic| statistic == alarm.statistic)
            && self.period.is_none_or(|period| period == i64::from(alarm.period_seconds))
            && self.unit.is_none_or(|unit| Some(unit) == alarm.unit)
    }
}
