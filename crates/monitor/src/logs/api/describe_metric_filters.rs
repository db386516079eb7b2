//! DescribeMetricFilters: the filters of a group, or of a metric.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation};
use claviger_wire::Members;

use super::member::{FILTER_NAME, GROUP_NAME, METRIC_NAME, Page, ask, place};
use crate::logs::Logs;
use crate::logs::fault::LogsFault;
use crate::logs::record::{self, FilterRecord, Transformation};

pub(super) struct DescribeMetricFilters;

pub(super) struct Request {
    group: Option<String>,
    prefix: Option<String>,
    page: Page,
    metric: Option<(String, String)>,
}

impl Operation for DescribeMetricFilters {
    const FACTS: Facts = Facts::read("DescribeMetricFilters", "logs:DescribeMetricFilters");
    type Api = Logs;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let group = members.text("logGroupName", &GROUP_NAME).map(|text| text.into_owned());
        let prefix = members.text("filterNamePrefix", &FILTER_NAME).map(|text| text.into_owned());
        let page = Page::read(&mut members);
        let name = members.text("metricName", &METRIC_NAME).map(|text| text.into_owned());
        let namespace = members.text("metricNamespace", &METRIC_NAME).map(|text| text.into_owned());
        let (group, prefix, page, metric) = members.finish((group, prefix, page, (name, namespace)))?;
        let metric = match metric {
            (Some(name), Some(namespace)) => Some((name, namespace)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                let text = "Metric name and metric namespace must be specified together.";
                return Err(LogsFault::InvalidParameter(text.into()).into());
            }
        };
        Ok(Request { group, prefix, page, metric })
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, request.group.as_deref())])
    }

    async fn run(logs: &Logs, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let groups = match &request.group {
            Some(name) => vec![super::group(logs, place(call), name).await?],
            None => record::load_all(&logs.store, place(call)).await?,
        };
        let all =
            groups.iter().flat_map(|group| group.record.filters.iter().map(|filter| (&*group.name, filter)));
        let asked: Vec<_> = all.filter(|(_, filter)| request.is_about(filter)).collect();
        let (page, next) = request.page.cut(asked)?;
        let filters: Answer = page.into_iter().map(|(group, filter)| shown(group, filter)).collect();
        Ok(Done::answered(Answer::structure().with("metricFilters", filters).maybe("nextToken", next)))
    }
}

impl Request {
    fn is_about(&self, filter: &FilterRecord) -> bool {
        let Transformation { metric_name, namespace, .. } = &filter.transformation;
        let has_metric = |(name, space): &(String, String)| **name == **metric_name && **space == **namespace;
        self.prefix.as_deref().is_none_or(|prefix| filter.name.starts_with(prefix))
            && self.metric.as_ref().is_none_or(has_metric)
    }
}

fn shown(group: &str, filter: &FilterRecord) -> Answer {
    let Transformation { metric_name, namespace, value, default, dimensions, unit } = &filter.transformation;
    let dimensions = dimensions.iter().map(|(name, value)| (name.to_string(), value.clone().into()));
    let dimensions: Vec<(String, Answer)> = dimensions.collect();
    let transformation = Answer::structure()
        .with("metricName", metric_name.clone())
        .with("metricNamespace", namespace.clone())
        .with("metricValue", value.clone())
        .maybe("defaultValue", *default)
        .maybe("dimensions", (!dimensions.is_empty()).then_some(Answer::Map(dimensions)))
        .maybe("unit", unit.map(|unit| unit.as_str()));
    Answer::structure()
        .with("filterName", filter.name.clone())
        .with("filterPattern", filter.pattern.clone())
        .with("metricTransformations", Answer::List(vec![transformation]))
        .with("creationTime", filter.created.as_millisecond())
        .with("logGroupName", group.to_owned())
        .with("applyOnTransformedLogs", false)
}
