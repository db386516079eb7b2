//! ListMetrics: which metrics have values, of the last two weeks or the last hours.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation};
use claviger_wire::{Bounds, Enumerated, Members};

use super::member::{DIMENSION_VALUE, METRIC_NAME, NAMESPACE, Page, TOKEN, place, text};
use crate::cloudwatch::{CloudWatch, Dimension, Metric, minute};

/// Metrics of one answer.
const PAGE_METRICS: usize = 500;

/// Hours that "PT3H" goes back.
const RECENT_HOURS: i64 = 3;

const FILTERS: Bounds = Bounds::new(0, 10);

pub(super) struct ListMetrics;

pub(super) struct Request {
    namespace: Option<Box<str>>,
    name: Option<Box<str>>,
    dimensions: Vec<(Box<str>, Option<Box<str>>)>,
    page: Page,
    recently: Option<Recently>,
    owner: Option<Box<str>>,
}

#[derive(Clone, Copy)]
struct Recently;

impl Enumerated for Recently {
    const NAMES: &'static [(&'static str, Recently)] = &[("PT3H", Recently)];
}

impl Operation for ListMetrics {
    const FACTS: Facts = Facts::read("ListMetrics", "cloudwatch:ListMetrics");
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let namespace = text(&mut members, "Namespace", &NAMESPACE);
        let name = text(&mut members, "MetricName", &METRIC_NAME);
        let filter = |members: &mut Members<'_>| {
            let name = members.required_text("Name", &METRIC_NAME).into_owned().into();
            (name, text(members, "Value", &DIMENSION_VALUE))
        };
        let dimensions = members.structures("Dimensions", filter).unwrap_or_default();
        members.counted("Dimensions", &dimensions, FILTERS);
        let page = Page { from: text(&mut members, "NextToken", &TOKEN), items: PAGE_METRICS };
        let recently = members.one_of("RecentlyActive");
        let owner = text(&mut members, "OwningAccount", &METRIC_NAME);
        Ok(members.finish(Request { namespace, name, dimensions, page, recently, owner })?)
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let is_own = request.owner.as_deref().is_none_or(|owner| owner == call.account().as_str());
        let oldest = match request.recently {
            Some(Recently) => minute(call.now()).div_euclid(60) - RECENT_HOURS,
            None => 0,
        };
        let all = if is_own { cloudwatch.metrics.list(place(call)) } else { Vec::new() };
        let asked = all.into_iter().filter(|(metric, hour)| *hour >= oldest && request.is_about(metric));
        let (page, next) = request.page.cut(asked.collect())?;
        let metrics: Answer = page.iter().map(|(metric, _)| shown(metric)).collect();
        Ok(Done::answered(Answer::structure().with("Metrics", metrics).maybe("NextToken", next)))
    }
}

impl Request {
    fn is_about(&self, metric: &Metric) -> bool {
        let has = |(name, value): &(Box<str>, Option<Box<str>>)| {
            let is_it =
                |it: &Dimension| it.name == *name && value.as_ref().is_none_or(|value| *value == it.value);
            metric.dimensions().iter().any(is_it)
        };
        self.namespace.as_ref().is_none_or(|namespace| *namespace == metric.namespace)
            && self.name.as_ref().is_none_or(|name| *name == metric.name)
            && self.dimensions.iter().all(has)
    }
}

/// A metric as answers show it.
fn shown(metric: &Metric) -> Answer {
    Answer::structure()
        .with("Namespace", metric.namespace.clone())
        .with("MetricName", metric.name.clone())
        .with("Dimensions", super::alarm_shown::dimensions(metric))
}
