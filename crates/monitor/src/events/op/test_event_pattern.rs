//! TestEventPattern: whether a pattern takes an event.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation};
use claviger_wire::{Members, TextRule};
use serde_json::Value;

use crate::MESSAGE_BYTES_MAX;
use crate::events::fault::EventsFault;
use crate::events::{EventBridge, EventPattern, PATTERN_BYTES_MAX};

/// What every event has.
const MEMBERS: [&str; 7] = ["id", "account", "source", "time", "region", "resources", "detail-type"];

const PATTERN: TextRule = TextRule::length(0, PATTERN_BYTES_MAX as i64);
const EVENT: TextRule = TextRule::length(0, MESSAGE_BYTES_MAX as i64);

pub(super) struct TestEventPattern;

pub(super) struct Request {
    pattern: String,
    event: String,
}

impl Operation for TestEventPattern {
    const FACTS: Facts = Facts::read("TestEventPattern", "events:TestEventPattern");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let pattern = members.required_text("EventPattern", &PATTERN).into_owned();
        let event = members.required_text("Event", &EVENT).into_owned();
        Ok(members.finish(Request { pattern, event })?)
    }

    async fn run(_: &EventBridge, _: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let pattern = EventPattern::parse(&request.pattern).map_err(EventsFault::from)?;
        let event = serde_json::from_str(&request.event).ok().filter(is_event);
        let event: Value = event.ok_or(Fault::Invalid("Parameter Event is not valid.".into()))?;
        Ok(Done::answered(Answer::structure().with("Result", pattern.takes(&event))))
    }
}

fn is_event(value: &Value) -> bool {
    MEMBERS.iter().all(|name| value.get(name).is_some())
}
