//! A metric filter that is ready to be held against events.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::pattern::{FilterPattern, Found, LogEvent, PatternFault, Reference};
use super::record::{FilterRecord, Transformation};
use crate::cloudwatch::{Dimension, Metric, SeriesName, StatisticSet, Unit};
use crate::place::Place;

/// Most dimensions of what a filter measures.
const DIMENSIONS_MAX: usize = 3;

/// Longest value that is read from an event for a dimension: what PutMetricData takes.
const FOUND_CHARACTERS_MAX: usize = 1_024;

/// Why a filter does not work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterFault {
    #[error(transparent)]
    Pattern(#[from] PatternFault),
    #[error(
        "Invalid metric transformation: the metric value must be a number or a field of the filter pattern"
    )]
    Value,
    #[error(
        "Invalid metric transformation: dimensions must be fields of the filter pattern, at most {DIMENSIONS_MAX}"
    )]
    Dimensions,
    #[error("Invalid metric transformation: a default value cannot be specified with dimensions")]
    DefaultWithDimensions,
    #[error("Invalid metric transformation: metric namespace cannot start with AWS/")]
    Namespace,
}

/// A filter, parsed once.
pub(crate) struct Filter {
    pattern: FilterPattern,
    value: Value,
    namespace: Box<str>,
    metric_name: Box<str>,
    dimensions: Vec<(Box<str>, Reference)>,
    unit: Unit,
    default: Option<f64>,
    /// The minutes that had events, and whether one of them matched; kept only where there is a default value.
    seen: Mutex<BTreeMap<i64, bool>>,
}

enum Value {
    Number(f64),
    Found(Reference),
}

/// A value for a metric, and its minute.
pub(crate) type Measured = (SeriesName, i64, StatisticSet);

impl Filter {
    pub(crate) fn parse(record: &FilterRecord) -> Result<Filter, FilterFault> {
        let Transformation { metric_name, namespace, value, default, dimensions, unit } =
            &record.transformation;
        let parsed = |(name, place): &(Box<str>, Box<str>)| Some((name.clone(), Reference::parse(place)?));
        let parsed: Option<Vec<_>> = dimensions.iter().map(parsed).collect();
        let dimensions = parsed.filter(|dimensions| dimensions.len() <= DIMENSIONS_MAX);
        if namespace.starts_with(crate::cloudwatch::RESERVED_PREFIX) {
            return Err(FilterFault::Namespace);
        }
        if default.is_some() && dimensions.as_ref().is_some_and(|dimensions| !dimensions.is_empty()) {
            return Err(FilterFault::DefaultWithDimensions);
        }
        Ok(Filter {
            pattern: FilterPattern::parse(&record.pattern)?,
            value: Value::parse(value).ok_or(FilterFault::Value)?,
            namespace: namespace.clone(),
            metric_name: metric_name.clone(),
            dimensions: dimensions.ok_or(FilterFault::Dimensions)?,
            unit: unit.unwrap_or(Unit::NONE),
            default: *default,
            seen: Mutex::default(),
        })
    }

    pub(crate) fn has_regex(&self) -> bool {
        self.pattern.has_regex()
    }

    /// What an event of a minute gives, if it matches and has a value.
    pub(crate) fn measure(&self, place: Place, event: &LogEvent<'_>, minute: i64) -> Option<Measured> {
        let found = self.pattern.find(event);
        if self.default.is_some() {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen.entry(minute).or_default() |= found.is_some();
        }
        let found = found?;
        let value = self.value.of(&found)?;
        let dimension = |(name, place): &(Box<str>, Reference)| {
            let value = found.value(place).filter(|value| is_of_dimension(value))?;
            Some(Dimension::new(name, &value))
        };
        let dimensions: Option<Vec<Dimension>> = self.dimensions.iter().map(dimension).collect();
        Some((self.series(place, dimensions?), minute, StatisticSet::of(value)))
    }

    /// The default values of minutes that are over, had events, and none that matched.
    pub(crate) fn defaults(&self, place: Place, before: i64) -> Vec<Measured> {
        let Some(default) = self.default else { return Vec::new() };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = seen.split_off(&before);
        let over = std::mem::replace(&mut *seen, rest);
        let unmatched = over.into_iter().filter(|(_, matched)| !matched);
        unmatched
            .map(|(minute, _)| (self.series(place, Vec::new()), minute, StatisticSet::of(default)))
            .collect()
    }

    fn series(&self, place: Place, dimensions: Vec<Dimension>) -> SeriesName {
        let metric = Metric::new(&self.namespace, &self.metric_name, dimensions);
        SeriesName { account: place.account, region: place.region, metric, unit: self.unit }
    }
}

/// Whether what an event says can be the value of a dimension. What cannot gives no measurement.
fn is_of_dimension(value: &str) -> bool {
    !value.is_empty() && value.chars().nth(FOUND_CHARACTERS_MAX).is_none()
}

impl Value {
    fn parse(text: &str) -> Option<Value> {
        match Reference::parse(text) {
            Some(reference) => Some(Value::Found(reference)),
            None => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number),
        }
    }

    fn of(&self, found: &Found<'_>) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Found(reference) => {
                found.value(reference)?.parse().ok().filter(|number: &f64| number.is_finite())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(pattern: &str, value: &str) -> FilterRecord {
        let transformation = Transformation {
            metric_name: "m".into(),
            namespace: "n".into(),
            value: value.into(),
            default: None,
            dimensions: Vec::new(),
            unit: Some(Unit::COUNT),
        };
        let created = claviger_clock::Timestamp::UNIX_EPOCH;
        FilterRecord { name: "f".into(), pattern: pattern.into(), transformation, created }
    }

    fn place() -> Place {
        Place { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() }
    }

    fn sum(filter: &Filter, event: &str) -> Option<f64> {
        filter.measure(place(), &LogEvent::new(event), 7).map(|(_, _, values)| values.sum)
    }

    #[test]
    fn a_match_gives_a_number_or_what_the_event_says() {
        let counted = Filter::parse(&record("{ $.a = 1 }", "2.5")).unwrap();
        assert_eq!((sum(&counted, r#"{"a":1}"#), sum(&counted, r#"{"a":2}"#)), (Some(2.5), None));
        let read = Filter::parse(&record("{ $.a = * }", "$.a")).unwrap();
        assert_eq!((sum(&read, r#"{"a":"7.5"}"#), sum(&read, r#"{"a":"x"}"#)), (Some(7.5), None));
        let field = Filter::parse(&record("[.., bytes]", "$bytes"));
        assert_eq!(field.err(), Some(FilterFault::Pattern(PatternFault::Characters('.'))));
        let field = Filter::parse(&record("[..., bytes]", "$bytes")).unwrap();
        assert_eq!(sum(&field, "a b 12"), Some(12.0));
    }

    #[test]
    fn dimensions_are_read_from_the_event() {
        let mut record = record("{ $.a = * }", "1");
        record.transformation.dimensions = vec![("Operation".into(), "$.op".into())];
        let filter = Filter::parse(&record).unwrap();
        let (name, ..) = filter.measure(place(), &LogEvent::new(r#"{"a":1,"op":"Decrypt"}"#), 7).unwrap();
        assert_eq!(name.metric.dimensions(), [Dimension::new("Operation", "Decrypt")]);
        assert_eq!(sum(&filter, r#"{"a":1}"#), None);
    }

    #[test]
    fn a_dimension_that_is_empty_or_too_long_gives_no_measurement() {
        let mut record = record("{ $.a = * }", "1");
        record.transformation.dimensions = vec![("d".into(), "$.op".into())];
        let filter = Filter::parse(&record).unwrap();
        let measured = |length| sum(&filter, &format!(r#"{{"a":1,"op":"{}"}}"#, "ü".repeat(length)));
        assert_eq!(
            (measured(0), measured(1), measured(1_024), measured(1_025)),
            (None, Some(1.0), Some(1.0), None)
        );
    }

    #[test]
    fn a_minute_with_events_but_no_match_has_the_default_value() {
        let mut record = record("{ $.a = 1 }", "1");
        record.transformation.default = Some(0.0);
        let filter = Filter::parse(&record).unwrap();
        for (event, minute) in [(r#"{"a":2}"#, 1), (r#"{"a":1}"#, 2), (r#"{"a":2}"#, 2), (r#"{"a":2}"#, 3)] {
            filter.measure(place(), &LogEvent::new(event), minute);
        }
        let minutes = |before| {
            filter.defaults(place(), before).iter().map(|(_, minute, _)| *minute).collect::<Vec<_>>()
        };
        assert_eq!((minutes(3), minutes(4), minutes(5)), (vec![1], vec![3], vec![]));
    }

    #[test]
    fn what_does_not_work_is_refused() {
        let fault = |change: &dyn Fn(&mut Transformation)| {
            let mut record = record("{ $.a = 1 }", "1");
            change(&mut record.transformation);
            Filter::parse(&record).err()
        };
        assert_eq!(fault(&|it| it.value = "one".into()), Some(FilterFault::Value));
        assert_eq!(fault(&|it| it.value = "inf".into()), Some(FilterFault::Value));
        assert_eq!(fault(&|it| it.namespace = "AWS/KMS".into()), Some(FilterFault::Namespace));
        let dimensions = |count| vec![("d".into(), "$.a".into()); count];
        assert_eq!(fault(&|it| it.dimensions = dimensions(4)), Some(FilterFault::Dimensions));
        assert_eq!(
            fault(&|it| it.dimensions = vec![("d".into(), "x".into())]),
            Some(FilterFault::Dimensions)
        );
        let both = fault(&|it| (it.dimensions, it.default) = (dimensions(1), Some(0.0)));
        assert_eq!(both, Some(FilterFault::DefaultWithDimensions));
    }
}
