//! DescribeAlarmHistory: also of alarms that are gone.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation};
use claviger_clock::Timestamp;
use claviger_wire::{Bounds, Members, TextRule};

use super::describe_alarms::has_metric_alarms;
use super::get_metric_data::ScanBy;
use super::member::{ALARM_NAME, Page, TOKEN, ask, place, text};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::alarm::{self, Asked, HistoryItem, HistoryKind};

/// Items of one answer, and how many there are unless less is asked for.
const RECORDS: Bounds = Bounds::new(1, 100);

pub(super) struct DescribeAlarmHistory;

pub(super) struct Request {
    name: Option<Box<str>>,
    is_about_nothing: bool,
    kind: Option<HistoryKind>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    page: Page,
    ascending: bool,
}

impl Operation for DescribeAlarmHistory {
    const FACTS: Facts = Facts::read("DescribeAlarmHistory", "cloudwatch:DescribeAlarmHistory");
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = text(&mut members, "AlarmName", &ALARM_NAME);
        let contributor = text(&mut members, "AlarmContributorId", &TextRule::length(1, 16)).is_some();
        let types = members.list_of("AlarmTypes", Bounds::new(0, 100));
        let kind = members.one_of("HistoryItemType");
        let (start, end) = (members.time("StartDate"), members.time("EndDate"));
        let items = members.whole("MaxRecords", RECORDS).unwrap_or(RECORDS.max);
        let page = Page { from: text(&mut members, "NextToken", &TOKEN), items: items as usize };
        let ascending = members.one_of("ScanBy") == Some(ScanBy::Ascending);
        let is_about_nothing = contributor || !has_metric_alarms(types.as_deref());
        Ok(members.finish(Request { name, is_about_nothing, kind, start, end, page, ascending })?)
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, request.name.as_deref().unwrap_or("*"))])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let (from, items) = (request.page.start()?, request.page.items);
        let Request { start, end, ascending, .. } = *request;
        let is_asked_for = &|item: &HistoryItem| request.asks_for(item);
        let asked = Asked { start, end, from, items, ascending, is_asked_for };
        let (found, has_more) = match request.is_about_nothing {
            true => (Vec::new(), false),
            false => alarm::find_history(&cloudwatch.store, place(call), &asked).await?,
        };
        let next = has_more.then(|| from.saturating_add(items).to_string());
        let shown: Answer = found.into_iter().map(shown).collect();
        Ok(Done::answered(Answer::structure().with("AlarmHistoryItems", shown).maybe("NextToken", next)))
    }
}

impl Request {
    fn asks_for(&self, item: &HistoryItem) -> bool {
        self.name.as_ref().is_none_or(|name| *name == item.alarm)
            && self.kind.is_none_or(|kind| kind == item.kind)
            && self.start.is_none_or(|start| start <= item.at)
            && self.end.is_none_or(|end| item.at <= end)
    }
}

fn shown(item: HistoryItem) -> Answer {
    Answer::structure()
        .with("AlarmName", item.alarm)
        .with("AlarmType", "MetricAlarm")
        .with("Timestamp", item.at)
        .with("HistoryItemType", item.kind.as_str())
        .with("HistorySummary", item.summary)
        .with("HistoryData", item.data)
}
