//! GetMetricData: statistics of many metrics at once, page by page. Expressions are refused.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation};
use claviger_clock::Timestamp;
use claviger_wire::{Bounds, Enumerated, Members, TextRule};

use super::member::{
    METRIC_NAME, NAMESPACE, PERIOD, Page, TOKEN, check_span, dimensions, is_period, moment, place, text,
};
use crate::cloudwatch::fault::CloudWatchFault;
use crate::cloudwatch::query::Periods;
use crate::cloudwatch::{CloudWatch, Metric, Statistic, Unit};
use crate::place::Place;

/// Queries of one request.
const QUERIES: Bounds = Bounds::new(0, 500);

/// Most datapoints of one answer.
const DATAPOINTS_MAX: i64 = 100_800;

pub(super) struct GetMetricData;

pub(super) struct Request {
    queries: Vec<Query>,
    span: (Timestamp, Timestamp),
    page: Page,
    ascending: bool,
}

struct Query {
    id: Box<str>,
    label: Option<Box<str>>,
    metric: Metric,
    seconds: i64,
    statistic: Statistic,
    unit: Option<Unit>,
}

/// A query as it is sent.
struct Sent {
    id: Box<str>,
    stat: Option<SentStat>,
    expression: Option<Box<str>>,
    label: Option<Box<str>>,
    returned: bool,
}

/// Its metric, period, statistic and unit.
type SentStat = (Option<Metric>, i64, Box<str>, Option<Unit>);

/// What a query comes to: its values in the order asked for, and the units that it left out.
struct Found {
    values: Vec<(i64, f64)>,
    units: Vec<Unit>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum ScanBy {
    Descending,
    Ascending,
}

impl Enumerated for ScanBy {
    const NAMES: &'static [(&'static str, ScanBy)] =
        &[("TimestampDescending", ScanBy::Descending), ("TimestampAscending", ScanBy::Ascending)];
}

impl Operation for GetMetricData {
    const FACTS: Facts = Facts::read("GetMetricData", "cloudwatch:GetMetricData");
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let queries = members.structures("MetricDataQueries", sent);
        let queries = members.required("MetricDataQueries", queries);
        members.counted("MetricDataQueries", &queries, QUERIES);
        let span = (moment(&mut members, "StartTime"), moment(&mut members, "EndTime"));
        let from = text(&mut members, "NextToken", &TOKEN);
        let ascending = members.one_of("ScanBy") == Some(ScanBy::Ascending);
        let items = members.whole("MaxDatapoints", Bounds::new(1, DATAPOINTS_MAX)).unwrap_or(DATAPOINTS_MAX);
        let (queries, span, from) = members.finish((queries, span, from))?;
        check_span(span.0, span.1)?;
        check_ids(&queries)?;
        let queries =
            queries.into_iter().filter(|query| query.returned).map(Query::of).collect::<Result<_, _>>()?;
        Ok(Request { queries, span, page: Page { from, items: items as usize }, ascending })
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let labels = Labels::of(&request.queries);
        let start = request.page.start()?;
        let (mut before, behind) = (0, start.saturating_add(request.page.items));
        let (mut results, mut is_cut) = (Vec::new(), false);
        for query in &request.queries {
            let found = query.find(cloudwatch, place(call), request).await?;
            let end = before + found.values.len();
            let is_told_before = end <= start && start > 0;
            if !is_told_before && before < behind.max(1) {
                let part = start.saturating_sub(before)..found.values.len().min(behind - before);
                results.push(query.shown(&found, &found.values[part], &labels, end <= behind));
            }
            is_cut |= end > behind;
            before = end;
        }
        let next = is_cut.then(|| behind.to_string());
        let answer =
            Answer::structure().with("MetricDataResults", Answer::List(results)).maybe("NextToken", next);
        Ok(Done::answered(answer.with("Messages", Answer::List(Vec::new()))))
    }
}

fn sent(members: &mut Members<'_>) -> Sent {
    let id = members.required_text("Id", &METRIC_NAME).into_owned().into();
    let stat = members.structure("MetricStat", |members| {
        let metric = members.structure("Metric", |members| {
            let namespace = members.required_text("Namespace", &NAMESPACE);
            let name = members.required_text("MetricName", &METRIC_NAME);
            Metric::new(&namespace, &name, dimensions(members))
        });
        members.required("Metric", metric.as_ref().map(|_| ()));
        let period = members.whole("Period", PERIOD);
        let period = members.required("Period", period);
        let stat = text(members, "Stat", &TextRule::length(0, 255));
        let stat = members.required("Stat", stat);
        (metric, period, stat, members.one_of("Unit"))
    });
    let expression = text(members, "Expression", &TextRule::length(1, 2048));
    let label = text(members, "Label", &TextRule::length(0, 1024));
    let returned = members.flag("ReturnData").unwrap_or(true);
    Sent { id, stat, expression, label, returned }
}

fn check_ids(queries: &[Sent]) -> Result<(), CloudWatchFault> {
    for (at, query) in queries.iter().enumerate() {
        let is_id = query.id.starts_with(|first: char| first.is_ascii_lowercase())
            && query.id.chars().all(|next| next.is_ascii_alphanumeric() || next == '_');
        if !is_id {
            let text = format!(
                "The value {} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$ for parameter id.",
                query.id
            );
            return Err(CloudWatchFault::Validation(text.into()));
        }
        if queries[..at].iter().any(|other| other.id == query.id) {
            let text =
                format!("The values for parameter id in MetricDataQueries are not unique: {}.", query.id);
            return Err(CloudWatchFault::Validation(text.into()));
        }
    }
    Ok(())
}

impl Query {
    fn of(sent: Sent) -> Result<Query, CloudWatchFault> {
        let invalid = |text: String| CloudWatchFault::Validation(text.into());
        let id = sent.id;
        if sent.expression.is_some() {
            return Err(invalid(format!("Error in expression '{id}': expressions are not supported here.")));
        }
        let Some((Some(metric), seconds, stat, unit)) = sent.stat else {
            return Err(invalid(format!(
                "Exactly one of MetricStat and Expression must be specified for id {id}."
            )));
        };
        if !is_period(seconds) {
            return Err(invalid(format!("Period must be 1, 5, 10, 20, 30 or a multiple of 60 for id {id}.")));
        }
        let unknown = || invalid(format!("The value {stat} for parameter Stat of id {id} is not supported."));
        let statistic = Statistic::parse(&stat).ok_or_else(unknown)?;
        Ok(Query { id, label: sent.label, metric, seconds, statistic, unit })
    }

    /// The values of one unit: where there are several and none is asked for, the first by name.
    async fn find(&self, cloudwatch: &CloudWatch, place: Place, request: &Request) -> Result<Found, Fault> {
        let units = match self.unit {
            Some(unit) => vec![unit],
            None => cloudwatch.metrics.units(place, &self.metric),
        };
        let Some(unit) = units.first() else { return Ok(Found { values: Vec::new(), units }) };
        let (start, end) = request.span;
        let periods = Periods::from(start.as_second(), end.as_second(), self.seconds);
        let filled = cloudwatch.metrics.filled(place, &self.metric, *unit, periods).await?;
        let values = filled.iter().filter_map(|(start, values)| Some((*start, self.statistic.of(values)?)));
        let mut values: Vec<(i64, f64)> = values.collect();
        if !request.ascending {
            values.reverse();
        }
        Ok(Found { values, units })
    }

    fn shown(&self, found: &Found, values: &[(i64, f64)], labels: &Labels, is_complete: bool) -> Answer {
        let times = values.iter().map(|(start, _)| Timestamp::from_second(*start).unwrap_or_default());
        let numbers = values.iter().map(|(_, value)| *value);
        let label = self.label.clone().unwrap_or_else(|| labels.of_query(self));
        let status = if is_complete { "Complete" } else { "PartialData" };
        Answer::structure()
            .with("Id", self.id.clone())
            .with("Label", label)
            .with("Timestamps", times.collect::<Answer>())
            .with("Values", numbers.collect::<Answer>())
            .with("StatusCode", status)
            .maybe("Messages", several_units(&found.units))
    }
}

fn several_units(units: &[Unit]) -> Option<Answer> {
    let names: Vec<&str> = units.iter().map(|unit| unit.as_str()).collect();
    let message = Answer::structure()
        .with("Code", "MultipleUnits")
        .with("Value", format!("Multiple units returned: '[{}]'", names.join(", ")));
    (units.len() > 1).then_some(Answer::List(vec![message]))
}

/// What the labels of a request's results must say so that they can be told apart.
struct Labels {
    statistic: bool,
    period: bool,
}

impl Labels {
    fn of(queries: &[Query]) -> Labels {
        let differ = |are_alike: fn(&Query, &Query) -> bool| {
            queries.first().is_some_and(|first| queries.iter().any(|query| !are_alike(first, query)))
        };
        Labels {
            statistic: differ(|a, b| a.statistic == b.statistic),
            period: differ(|a, b| a.seconds == b.seconds),
        }
    }

    fn of_query(&self, query: &Query) -> Box<str> {
        let mut label = query.metric.name.to_string();
        if self.statistic {
            label += &format!(" {}", query.statistic);
        }
        if self.period {
            label += &format!(" {}", query.seconds);
        }
        label.into()
    }
}
