//! GetMetricStatistics: statistics of one metric, period by period and apart by unit.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation};
use claviger_clock::Timestamp;
use claviger_wire::{Bounds, Members, TextRule};

use super::member::{METRIC_NAME, NAMESPACE, PERIOD, dimensions, extended, is_period, moment, place, texts};
use crate::cloudwatch::fault::CloudWatchFault;
use crate::cloudwatch::query::Periods;
use crate::cloudwatch::{CloudWatch, Metric, Statistic, StatisticSet, Unit};

/// Most datapoints of one answer.
const DATAPOINTS_MAX: i64 = 1_440;

pub(super) struct GetMetricStatistics;

pub(super) struct Request {
    metric: Metric,
    periods: Periods,
    statistics: Vec<Statistic>,
    unit: Option<Unit>,
}

impl Operation for GetMetricStatistics {
    const FACTS: Facts = Facts::read("GetMetricStatistics", "cloudwatch:GetMetricStatistics");
    type Api = CloudWatch;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let namespace = members.required_text("Namespace", &NAMESPACE);
        let name = members.required_text("MetricName", &METRIC_NAME);
        let metric = Metric::new(&namespace, &name, dimensions(&mut members));
        let span = (moment(&mut members, "StartTime"), moment(&mut members, "EndTime"));
        let period = members.whole("Period", PERIOD);
        let period = members.required("Period", period);
        let statistics = members.list_of::<Statistic>("Statistics", Bounds::new(1, 5));
        let percentiles =
            texts(&mut members, "ExtendedStatistics", Bounds::new(1, 10), &TextRule::length(0, 255));
        let unit = members.one_of("Unit");
        let (metric, span, period, named, percentiles, unit) =
            members.finish((metric, span, period, statistics.unwrap_or_default(), percentiles, unit))?;
        let mut statistics = named;
        for name in percentiles {
            statistics.push(extended(&name)?);
        }
        Ok(Request { metric, periods: periods(span, period)?, statistics: required(statistics)?, unit })
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let Request { metric, periods, statistics, unit } = request;
        let units = match unit {
            Some(unit) => vec![*unit],
            None => cloudwatch.metrics.units(place(call), metric),
        };
        let mut datapoints = Vec::new();
        for unit in units {
            let filled = cloudwatch.metrics.filled(place(call), metric, unit, *periods).await?;
            let shown = filled.iter().map(|(start, values)| datapoint(*start, values, statistics, unit));
            datapoints.extend(shown);
        }
        let answer = Answer::structure().with("Label", metric.name.clone());
        Ok(Done::answered(answer.with("Datapoints", Answer::List(datapoints))))
    }
}

fn required(statistics: Vec<Statistic>) -> Result<Vec<Statistic>, CloudWatchFault> {
    match statistics.is_empty() {
        false => Ok(statistics),
        true => Err(CloudWatchFault::MissingParameter(
            "The parameter Statistics or ExtendedStatistics must be specified.".into(),
        )),
    }
}

fn periods((start, end): (Timestamp, Timestamp), seconds: i64) -> Result<Periods, CloudWatchFault> {
    if start >= end {
        let text = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(CloudWatchFault::InvalidValue(text.into()));
    }
    if !is_period(seconds) {
        let text =
            format!("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, and is {seconds}.");
        return Err(CloudWatchFault::InvalidValue(text.into()));
    }
    let (start, end) = (start.as_second(), end.as_second());
    match (end - start + seconds - 1) / seconds {
        ..=DATAPOINTS_MAX => Ok(Periods::from(start, end, seconds)),
        asked => Err(CloudWatchFault::InvalidCombination(
            format!(
                "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints \
                 requested by increasing Period, or decreasing the time range.",
                grouped(asked),
                grouped(DATAPOINTS_MAX)
            )
            .into(),
        )),
    }
}

/// A number with its thousands set apart.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let comma = |at: usize| if at > 0 && (digits.len() - at).is_multiple_of(3) { "," } else { "" };
    digits.char_indices().map(|(at, digit)| format!("{}{digit}", comma(at))).collect()
}

fn datapoint(start: i64, values: &[StatisticSet], statistics: &[Statistic], unit: Unit) -> Answer {
    let at = Timestamp::from_second(start).unwrap_or_default();
    let mut answer = Answer::structure().with("Timestamp", at);
    let mut percentiles = Vec::new();
    for statistic in statistics {
        let value = statistic.of(values);
        match statistic {
            Statistic::SampleCount => answer = answer.maybe("SampleCount", value),
            Statistic::Average => answer = answer.maybe("Average", value),
            Statistic::Sum => answer = answer.maybe("Sum", value),
            Statistic::Minimum => answer = answer.maybe("Minimum", value),
            Statistic::Maximum => answer = answer.maybe("Maximum", value),
            Statistic::Percentile(_) => {
                percentiles.extend(value.map(|value| (statistic.to_string(), Answer::from(value))));
            }
        }
    }
    let percentiles = (!percentiles.is_empty()).then_some(Answer::Map(percentiles));
    answer.with("Unit", unit.as_str()).maybe("ExtendedStatistics", percentiles)
}
