//! PutMetricFilter: what of the records that match a pattern becomes a metric.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Bounds, Members, TextRule};

use super::member::{FILTER_NAME, FILTER_PATTERN, GROUP_NAME, METRIC_NAME, ask, place};
use crate::cloudwatch::milliseconds;
use crate::logs::Logs;
use crate::logs::fault::LogsFault;
use crate::logs::filter::Filter;
use crate::logs::record::{self, FilterRecord, Group, GroupRecord, Transformation};

/// Most filters of a group.
const FILTERS_PER_GROUP_MAX: usize = 100;

/// Most filters of a group that have a regular expression.
const REGEX_FILTERS_PER_GROUP_MAX: usize = 5;

/// The same of all groups of an account in a Region: each costs time with every record.
const REGEX_FILTERS_PER_PLACE_MAX: usize = 10;

/// Longest value of a transformation, and names and values of its dimensions.
const VALUE: TextRule = TextRule::length(0, 100);
const DIMENSION_CHARACTERS_MAX: usize = 255;

pub(super) struct PutMetricFilter;

pub(super) struct Request {
    group: String,
    filter: String,
    pattern: String,
    transformation: Transformation,
}

impl Operation for PutMetricFilter {
    const FACTS: Facts = Facts::write("PutMetricFilter", "logs:PutMetricFilter").without_output();
    type Api = Logs;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let group = members.required_text("logGroupName", &GROUP_NAME).into_owned();
        let filter = members.required_text("filterName", &FILTER_NAME).into_owned();
        let pattern = members.text("filterPattern", &FILTER_PATTERN).map(|text| text.into_owned());
        let pattern = members.required("filterPattern", pattern);
        let transformations = members.structures("metricTransformations", transformation);
        let transformations = members.required("metricTransformations", transformations);
        members.counted("metricTransformations", &transformations, Bounds::new(1, 1));
        let transformation = transformations.into_iter().next();
        let (group, filter, pattern, transformation) =
            members.finish((group, filter, pattern, transformation))?;
        let missing = || LogsFault::InvalidParameter("Invalid metric transformation".into());
        let transformation = transformation.ok_or_else(missing)?;
        let too_long = |text: &str| text.chars().count() > DIMENSION_CHARACTERS_MAX;
        if transformation.dimensions.iter().any(|(name, value)| too_long(name) || too_long(value)) {
            return Err(missing().into());
        }
        Ok(Request { group, filter, pattern, transformation })
    }

    fn shown(request: &Request) -> Shown {
        let Transformation { metric_name, namespace, value, .. } = &request.transformation;
        let transformation = Shown::new()
            .text("metricName", metric_name)
            .text("metricNamespace", namespace)
            .text("metricValue", value);
        Shown::new()
            .text("logGroupName", &request.group)
            .text("filterName", &request.filter)
            .text("filterPattern", &request.pattern)
            .objects("metricTransformations", [transformation])
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, Some(&request.group))])
    }

    async fn run(logs: &Logs, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let mut groups = record::load_all(&logs.store, place(call)).await?;
        let at = groups.iter().position(|group| *group.name == *request.group).ok_or(LogsFault::NoGroup)?;
        let group = groups.swap_remove(at);
        let filter = FilterRecord {
            name: request.filter.as_str().into(),
            pattern: request.pattern.as_str().into(),
            transformation: request.transformation.clone(),
            created: milliseconds(call.now()),
        };
        let mut record = group.record.clone();
        if group.revision.is_none() {
            record.created = milliseconds(call.now());
        }
        record.filters.retain(|known| known.name != filter.name);
        check(&record, &groups, &filter)?;
        record.filters.push(filter);
        record.filters.sort_by(|a, b| a.name.cmp(&b.name));
        logs.save(place(call), &group, Some(&record)).await?;
        Ok(Done::silently())
    }
}

/// Whether the filter works, and the group takes one more.
fn check(record: &GroupRecord, others: &[Group], filter: &FilterRecord) -> Result<(), LogsFault> {
    let has_regex = |known: &&FilterRecord| Filter::parse(known).is_ok_and(|known| known.has_regex());
    let with_regex = |record: &GroupRecord| record.filters.iter().filter(has_regex).count();
    let has_room = || {
        let here = with_regex(record);
        let elsewhere: usize = others.iter().map(|group| with_regex(&group.record)).sum();
        here < REGEX_FILTERS_PER_GROUP_MAX && here + elsewhere < REGEX_FILTERS_PER_PLACE_MAX
    };
    let is_taken = !Filter::parse(filter)?.has_regex() || has_room();
    match is_taken && record.filters.len() < FILTERS_PER_GROUP_MAX {
        true => Ok(()),
        false => Err(LogsFault::LimitExceeded),
    }
}

fn transformation(members: &mut Members<'_>) -> Transformation {
    let required = |members: &mut Members<'_>, name: &str, rule: &TextRule| {
        let text = members.text(name, rule).map(|text| text.into_owned());
        members.required(name, text).into_boxed_str()
    };
    let metric_name = required(members, "metricName", &METRIC_NAME);
    let namespace = required(members, "metricNamespace", &METRIC_NAME);
    let value = required(members, "metricValue", &VALUE);
    let default = members.number("defaultValue");
    let dimensions = members.map("dimensions").into_iter();
    let dimensions = dimensions.map(|(name, value)| (name.into_owned().into(), value.into_owned().into()));
    let dimensions = dimensions.collect();
    let unit = members.one_of("unit");
    Transformation { metric_name, namespace, value, default, dimensions, unit }
}

#[cfg(test)]
mod tests {
    use claviger_clock::Timestamp;

    use super::*;

    fn filter(name: usize, pattern: &str) -> FilterRecord {
        let transformation = Transformation {
            metric_name: "m".into(),
            namespace: "n".into(),
            value: "1".into(),
            default: None,
            dimensions: Vec::new(),
            unit: None,
        };
        let created = Timestamp::UNIX_EPOCH;
        FilterRecord { name: name.to_string().into(), pattern: pattern.into(), transformation, created }
    }

    fn group(with_regex: usize) -> Group {
        let mut group = Group::new("g", Timestamp::UNIX_EPOCH);
        group.record.filters = (0..with_regex).map(|name| filter(name, "%a%")).collect();
        group
    }

    #[test]
    fn regular_expressions_are_few_in_a_group_and_in_a_place() {
        let fault = |here, others: &[usize], pattern| {
            let others: Vec<Group> = others.iter().copied().map(group).collect();
            check(&group(here).record, &others, &filter(99, pattern)).err().map(|fault| fault.to_string())
        };
        let full = Some("Resource limit exceeded.".to_owned());
        assert_eq!(
            (fault(4, &[5], "%a%"), fault(5, &[], "%a%"), fault(5, &[], "a")),
            (None, full.clone(), None)
        );
        assert_eq!(
            (fault(0, &[5, 4], "%a%"), fault(0, &[5, 5], "%a%"), fault(0, &[5, 5], "a")),
            (None, full, None)
        );
    }
}
