//! Members that several operations of CloudWatch have, and what they check alike.

use claviger_api::{Ask, Call, Fault};
use claviger_clock::Timestamp;
use claviger_wire::{Bounds, Members, Pattern, TextRule};

use crate::cloudwatch::alarm::alarm_arn;
use crate::cloudwatch::fault::CloudWatchFault;
use crate::cloudwatch::{Dimension, Statistic};
use crate::place::Place;

pub(super) const NAMESPACE: TextRule = TextRule::matching(
    1,
    255,
    Pattern { text: "[^:].*", holds: |text| !text.is_empty() && !text.starts_with(':') },
);

pub(super) const METRIC_NAME: TextRule = TextRule::length(1, 255);
pub(super) const DIMENSION_VALUE: TextRule = TextRule::length(1, 1024);
pub(super) const ALARM_NAME: TextRule = TextRule::length(1, 255);
pub(super) const TOKEN: TextRule = TextRule::length(0, 2048);

/// Most dimensions of a metric.
const DIMENSIONS: Bounds = Bounds::new(0, 30);

/// Alarms that one request names.
pub(super) const ALARM_NAMES: Bounds = Bounds::new(0, 100);

/// Any length of a period; which ones there are is checked behind.
pub(super) const PERIOD: Bounds = Bounds::new(1, i32::MAX as i64);

/// Periods that are no multiple of a minute.
const SHORT_PERIODS: [i64; 5] = [1, 5, 10, 20, 30];

/// Where a call is about something.
pub(super) fn place(call: &Call<'_>) -> Place {
    Place { account: call.account(), region: call.region() }
}

/// An action on an alarm; `*` is all of them.
pub(super) fn ask(call: &Call<'_>, action: &'static str, name: &str) -> Ask {
    let arn = alarm_arn(place(call), name);
    Ask::new(action, arn.clone(), arn)
}

/// The dimensions of a metric.
pub(super) fn dimensions(members: &mut Members<'_>) -> Vec<Dimension> {
    let dimension = |members: &mut Members<'_>| {
        let name = members.required_text("Name", &METRIC_NAME);
        Dimension::new(&name, &members.required_text("Value", &DIMENSION_VALUE))
    };
    let dimensions = members.structures("Dimensions", dimension).unwrap_or_default();
    members.counted("Dimensions", &dimensions, DIMENSIONS);
    dimensions
}

/// A moment that must be there; when it is not, the first of all stands in until `finish` refuses.
pub(super) fn moment(members: &mut Members<'_>, name: &str) -> Timestamp {
    let moment = members.time(name);
    members.required(name, moment.map(|_| ()));
    moment.unwrap_or_default()
}

pub(super) fn text(members: &mut Members<'_>, name: &str, rule: &TextRule) -> Option<Box<str>> {
    members.text(name, rule).map(|text| text.into_owned().into())
}

pub(super) fn texts(members: &mut Members<'_>, name: &str, count: Bounds, rule: &TextRule) -> Vec<Box<str>> {
    let texts = members.texts(name, count, rule).unwrap_or_default();
    texts.into_iter().map(|text| text.into_owned().into()).collect()
}

/// Whether values can be put together to periods of so many seconds.
pub(super) fn is_period(seconds: i64) -> bool {
    seconds % 60 == 0 || SHORT_PERIODS.contains(&seconds)
}

/// Statistics by their names or as percentiles.
pub(super) fn extended(name: &str) -> Result<Statistic, Fault> {
    let unknown = || {
        CloudWatchFault::InvalidValue(
            format!("The value {name} for parameter ExtendedStatistics is not supported.").into(),
        )
    };
    Statistic::percentile(name).ok_or_else(|| unknown().into())
}

/// That a span of time is one.
pub(super) fn check_span(start: Timestamp, end: Timestamp) -> Result<(), CloudWatchFault> {
    match start < end {
        true => Ok(()),
        false => Err(CloudWatchFault::Validation(
            "The parameter StartTime must be less than the parameter EndTime.".into(),
        )),
    }
}

/// Which items of a list are told, and the token of the next: how many came before it.
pub(super) struct Page {
    pub from: Option<Box<str>>,
    pub items: usize,
}

impl Page {
    pub(super) fn cut<T>(&self, items: Vec<T>) -> Result<(Vec<T>, Option<String>), CloudWatchFault> {
        let from = self.start()?;
        let behind = from.saturating_add(self.items);
        let next = (behind < items.len()).then(|| behind.to_string());
        Ok((items.into_iter().skip(from).take(self.items).collect(), next))
    }

    /// How many items come before the page.
    pub(super) fn start(&self) -> Result<usize, CloudWatchFault> {
        let read = |from: &str| from.parse().map_err(|_| CloudWatchFault::InvalidNextToken);
        self.from.as_deref().map_or(Ok(0), read)
    }
}
