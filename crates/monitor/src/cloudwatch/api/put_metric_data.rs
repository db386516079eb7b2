//! PutMetricData: values for metrics of one's own.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_clock::{SignedDuration, Timestamp};
use claviger_wire::{Bounds, Members};

use super::member::{METRIC_NAME, NAMESPACE, dimensions, place};
use crate::cloudwatch::fault::CloudWatchFault;
use crate::cloudwatch::{CloudWatch, Metric, RESERVED_PREFIX, SeriesName, StatisticSet, Unit, minute};
use crate::place::Place;

/// Metrics of one request.
const METRICS: Bounds = Bounds::new(0, 1_000);

/// Values of one metric.
const VALUES_MAX: usize = 150;

/// Values lie within two to this power.
const EXPONENT_MAX: i32 = 360;

/// How far back and ahead of now values may be.
const BACK: SignedDuration = SignedDuration::from_hours(14 * 24);
const AHEAD: SignedDuration = SignedDuration::from_hours(2);

pub(super) struct PutMetricData;

pub(super) struct Request {
    namespace: Box<str>,
    data: Vec<(Metric, Option<Timestamp>, Unit, StatisticSet)>,
}

/// A metric's values as they are sent.
struct Sent {
    name: String,
    dimensions: Vec<crate::cloudwatch::Dimension>,
    at: Option<Timestamp>,
    value: Option<f64>,
    set: Option<[Option<f64>; 4]>,
    values: Option<Vec<f64>>,
    counts: Option<Vec<f64>>,
    unit: Option<Unit>,
}

impl Operation for PutMetricData {
    const FACTS: Facts = Facts::write("PutMetricData", "cloudwatch:PutMetricData").without_output();
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let namespace = members.required_text("Namespace", &NAMESPACE).into_owned();
        let sent = members.structures("MetricData", sent).unwrap_or_default();
        members.counted("MetricData", &sent, METRICS);
        let entities = members.structures("EntityMetricData", |_| ()).is_some();
        let (namespace, sent) = members.finish((namespace, sent))?;
        if namespace.starts_with(RESERVED_PREFIX) {
            let text = format!("The value {namespace} for parameter Namespace is invalid.");
            return Err(CloudWatchFault::InvalidValue(text.into()).into());
        }
        if entities {
            let text = "The parameter EntityMetricData is not supported.";
            return Err(CloudWatchFault::InvalidValue(text.into()).into());
        }
        let mut data = Vec::with_capacity(sent.len());
        for (sent, number) in sent.into_iter().zip(1..) {
            let values = values(&sent, number)?;
            let metric = Metric::new(&namespace, &sent.name, sent.dimensions);
            data.push((metric, sent.at, sent.unit.unwrap_or(Unit::NONE), values));
        }
        Ok(Request { namespace: namespace.into(), data })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("namespace", &request.namespace)
    }

    fn asks(_: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any(Self::FACTS.action).with("cloudwatch:namespace", &request.namespace)])
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let Place { account, region } = place(call);
        let now = call.now();
        let (first, last) =
            (now.saturating_sub(BACK).unwrap_or(now), now.saturating_add(AHEAD).unwrap_or(now));
        let mut values = Vec::with_capacity(request.data.len());
        for ((metric, at, unit, set), number) in request.data.iter().zip(1..) {
            let at = at.unwrap_or(now);
            if !(first..=last).contains(&at) {
                let text = format!(
                    "The parameter MetricData.member.{number}.Timestamp must specify a time within the past two weeks \
                     and no more than two hours in the future."
                );
                return Err(CloudWatchFault::InvalidValue(text.into()).into());
            }
            let name = SeriesName { account, region, metric: metric.clone(), unit: *unit };
            values.push((name, minute(at), *set));
        }
        // What is acknowledged stays; unlike what is counted, nobody can tell it again.
        cloudwatch.metrics.put(values).await?;
        Ok(Done::silently())
    }
}

fn sent(members: &mut Members<'_>) -> Sent {
    let name = members.required_text("MetricName", &METRIC_NAME).into_owned();
    let dimensions = dimensions(members);
    let at = members.time("Timestamp");
    let value = members.number("Value");
    let set = members.structure("StatisticValues", |members| {
        ["SampleCount", "Sum", "Minimum", "Maximum"].map(|name| {
            let number = members.number(name);
            members.required(name, number.map(|_| ()));
            number
        })
    });
    let (values, counts) = (members.numbers("Values"), members.numbers("Counts"));
    let unit = members.one_of("Unit");
    members.whole("StorageResolution", Bounds::new(1, 60));
    Sent { name, dimensions, at, value, set, values, counts, unit }
}

fn values(sent: &Sent, number: usize) -> Result<StatisticSet, CloudWatchFault> {
    let member = format!("MetricData.member.{number}");
    let invalid = |text: String| CloudWatchFault::InvalidValue(text.into());
    let set = match (sent.value, sent.set, sent.values.as_deref()) {
        (Some(value), None, None) => StatisticSet::of(value),
        (None, Some([Some(count), Some(sum), Some(least), Some(greatest)]), None) => {
            StatisticSet { sum, count, least, greatest }
        }
        (None, None, Some(values)) => many(values, sent.counts.as_deref()).ok_or_else(|| {
            invalid(format!("The parameters {member}.Values and {member}.Counts must be of the same size, 1 to {VALUES_MAX}."))
        })?,
        (None, None, None) => {
            let text = format!("The parameter {member}.Value is required.");
            return Err(CloudWatchFault::MissingParameter(text.into()));
        }
        _ => {
            let text = format!(
                "The parameters {member}.Value, {member}.StatisticValues and {member}.Values are mutually exclusive and \
                 you have specified more than one of them."
            );
            return Err(CloudWatchFault::InvalidCombination(text.into()));
        }
    };
    let is_sound = |number: f64| number.abs() <= 2_f64.powi(EXPONENT_MAX);
    match [set.sum, set.count, set.least, set.greatest].into_iter().all(is_sound) && set.count > 0.0 {
        true => Ok(set),
        false => Err(invalid(format!("The value for parameter {member}.Value is invalid."))),
    }
}

fn many(values: &[f64], counts: Option<&[f64]>) -> Option<StatisticSet> {
    let count_of =
        |at: usize| counts.map_or(Some(1.0), |counts| counts.get(at).copied().filter(|count| *count > 0.0));
    let is_sized = values.len() <= VALUES_MAX && counts.is_none_or(|counts| counts.len() == values.len());
    let mut all: Option<StatisticSet> = None;
    for (at, value) in values.iter().enumerate().filter(|_| is_sized) {
        let one = StatisticSet::of_many(*value, count_of(at)?);
        match &mut all {
            Some(all) => all.merge(one),
            None => all = Some(one),
        }
    }
    all
}
