//! DescribeAlarms. There are alarms on metrics only, neither composite ones nor those on logs.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation};
use claviger_wire::{Bounds, Enumerated, Members, TextRule};

use super::alarm_shown;
use super::member::{ALARM_NAME, ALARM_NAMES, Page, TOKEN, ask, place, text, texts};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::alarm::{self, AlarmRecord, StateValue};
use crate::cloudwatch::fault::CloudWatchFault;

/// Alarms of one answer, and how many there are unless less or more is asked for.
const RECORDS: Bounds = Bounds::new(1, 100);
const RECORDS_USUAL: i64 = 50;

pub(super) struct DescribeAlarms;

pub(super) struct Request {
    names: Vec<Box<str>>,
    prefix: Option<Box<str>>,
    /// Whether alarms on metrics are asked for.
    has_metric_alarms: bool,
    state: Option<StateValue>,
    action_prefix: Option<Box<str>>,
    page: Page,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum AlarmType {
    Composite,
    Metric,
    Log,
}

impl Enumerated for AlarmType {
    const NAMES: &'static [(&'static str, AlarmType)] = &[
        ("CompositeAlarm", AlarmType::Composite),
        ("MetricAlarm", AlarmType::Metric),
        ("LogAlarm", AlarmType::Log),
    ];
}

/// Whether a list of types, where there is one, has alarms on metrics.
pub(super) fn has_metric_alarms(types: Option<&[AlarmType]>) -> bool {
    types.is_none_or(|types| types.is_empty() || types.contains(&AlarmType::Metric))
}

impl Operation for DescribeAlarms {
    const FACTS: Facts = Facts::read("DescribeAlarms", "cloudwatch:DescribeAlarms");
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let names = texts(&mut members, "AlarmNames", ALARM_NAMES, &ALARM_NAME);
        let prefix = text(&mut members, "AlarmNamePrefix", &ALARM_NAME);
        let types = members.list_of("AlarmTypes", Bounds::new(0, 100));
        let children = text(&mut members, "ChildrenOfAlarmName", &ALARM_NAME).is_some();
        let parents = text(&mut members, "ParentsOfAlarmName", &ALARM_NAME).is_some();
        let state = members.one_of("StateValue");
        let action_prefix = text(&mut members, "ActionPrefix", &TextRule::length(1, 1024));
        let items = members.whole("MaxRecords", RECORDS).unwrap_or(RECORDS_USUAL);
        let page = Page { from: text(&mut members, "NextToken", &TOKEN), items: items as usize };
        let has_metric_alarms = has_metric_alarms(types.as_deref()) && !children && !parents;
        let request =
            members.finish(Request { names, prefix, has_metric_alarms, state, action_prefix, page })?;
        if !request.names.is_empty() && request.prefix.is_some() {
            let text = "The parameters AlarmNames and AlarmNamePrefix are mutually exclusive.";
            return Err(CloudWatchFault::Validation(text.into()).into());
        }
        Ok(request)
    }

    fn asks(call: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, "*")])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let mut alarms = alarm::load_all(&cloudwatch.store, place(call)).await?;
        alarms.retain(|stored| request.is_about(&stored.record));
        let (page, next) = request.page.cut(alarms)?;
        let shown: Answer =
            page.iter().map(|stored| alarm_shown::alarm(place(call), &stored.record)).collect();
        let answer = Answer::structure()
            .with("CompositeAlarms", Answer::List(Vec::new()))
            .with("MetricAlarms", shown)
            .maybe("NextToken", next);
        Ok(Done::answered(answer))
    }
}

impl Request {
    fn is_about(&self, alarm: &AlarmRecord) -> bool {
        let states = [StateValue::Ok, StateValue::Alarm, StateValue::InsufficientData];
        let mut actions = states.iter().flat_map(|state| alarm.actions(*state));
        let mut has_action = |prefix: &str| actions.any(|action| action.starts_with(prefix));
        self.has_metric_alarms
            && (self.names.is_empty() || self.names.contains(&alarm.name))
            && self.prefix.as_deref().is_none_or(|prefix| alarm.name.starts_with(prefix))
            && self.state.is_none_or(|state| state == alarm.state.value)
            && self.action_prefix.as_deref().is_none_or(&mut has_action)
    }
}
