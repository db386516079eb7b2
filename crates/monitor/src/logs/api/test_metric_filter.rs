//! TestMetricFilter: which of some events a pattern matches, and what it finds in them.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation};
use claviger_wire::{Bounds, Members, TextRule};

use super::member::FILTER_PATTERN;
use crate::logs::fault::LogsFault;
use crate::logs::filter::FilterFault;
use crate::logs::{FilterPattern, LogEvent, Logs};

/// Events of one request.
const EVENTS: Bounds = Bounds::new(1, 50);

/// As long as the events of CloudWatch Logs are.
const EVENT: TextRule = TextRule::length(1, 256 * 1024);

pub(super) struct TestMetricFilter;

pub(super) struct Request {
    pattern: FilterPattern,
    events: Vec<String>,
}

impl Operation for TestMetricFilter {
    const FACTS: Facts = Facts::read("TestMetricFilter", "logs:TestMetricFilter");
    type Api = Logs;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let pattern = members.text("filterPattern", &FILTER_PATTERN).map(|text| text.into_owned());
        let pattern = members.required("filterPattern", pattern);
        let events = members.texts("logEventMessages", EVENTS, &EVENT);
        let events = events.map(|events| events.into_iter().map(|event| event.into_owned()).collect());
        let events: Vec<String> = members.required("logEventMessages", events);
        let (pattern, events) = members.finish((pattern, events))?;
        let pattern =
            FilterPattern::parse(&pattern).map_err(|fault| LogsFault::from(FilterFault::from(fault)))?;
        Ok(Request { pattern, events })
    }

    async fn run(_: &Logs, _: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let matches = request.events.iter().zip(1_i64..).filter_map(|(text, number)| {
            let event = LogEvent::new(text);
            let found = request.pattern.find(&event)?;
            let extracted = found.extracted().into_iter().map(|(name, value)| (name, value.into())).collect();
            let record = Answer::structure()
                .with("eventNumber", number)
                .with("eventMessage", text.clone())
                .with("extractedValues", Answer::Map(extracted));
            Some(record)
        });
        let matches: Answer = matches.collect();
        Ok(Done::answered(Answer::structure().with("matches", matches)))
    }
}
