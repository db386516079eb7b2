//! PutEvents: events of the caller's own, told to the rules at once.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_clock::Timestamp;
use claviger_wire::{Bounds, Members, TextRule};
use serde_json::value::RawValue;

use super::shape::{BUS_NAME, ask};
use crate::MESSAGE_BYTES_MAX;
use crate::events::EventBridge;
use crate::events::bus::Bus;
use crate::events::delivery;
use crate::events::envelope::{Envelope, Occurrence};

const ENTRIES: Bounds = Bounds::new(1, 10);
const ANY: TextRule = TextRule::length(0, MESSAGE_BYTES_MAX as i64);
const RESOURCES: Bounds = Bounds::new(0, 100);
const RESOURCE: TextRule = TextRule::length(0, 2048);

pub(super) struct PutEvents;

/// An event as it was sent.
pub(super) struct Sent {
    time: Option<Timestamp>,
    source: String,
    resources: Vec<String>,
    detail_type: String,
    detail: String,
    bus: Option<String>,
}

/// Why an event was not taken: the code and the text.
type Refusal = (&'static str, String);

impl Operation for PutEvents {
    const FACTS: Facts = Facts::write("PutEvents", "events:PutEvents");
    type Api = EventBridge;
    type Request = Vec<Sent>;

    fn parse(mut members: Members<'_>) -> Result<Vec<Sent>, Fault> {
        let entries = members.structures("Entries", Sent::take);
        let entries = members.required("Entries", entries);
        members.counted("Entries", &entries, ENTRIES);
        Ok(members.finish(entries)?)
    }

    /// What events say is their senders' affair.
    fn shown(entries: &Vec<Sent>) -> Shown {
        let shown =
            |sent: &Sent| Shown::new().text("source", &sent.source).text("detailType", &sent.detail_type);
        Shown::new().objects("entries", entries.iter().map(shown))
    }

    fn asks(call: &Call<'_>, entries: &Vec<Sent>) -> Result<Vec<Ask>, Fault> {
        let of = |sent: &Sent| {
            let arn = Bus::named(call, sent.bus.as_deref())?.arn();
            let ask = ask(Self::FACTS.action, arn).with("events:source", &sent.source);
            Ok(ask.with("events:detail-type", &sent.detail_type))
        };
        entries.iter().map(of).collect()
    }

    async fn run(api: &EventBridge, call: &Call<'_>, entries: &Vec<Sent>) -> Result<Done, Fault> {
        let bus = Bus::named(call, None)?;
        let rules = delivery::ready(bus, api.rules.all(bus).await?).await;
        let mut told = Vec::with_capacity(entries.len());
        for sent in entries {
            let id = api.event_id()?;
            let event = sent.occurrence(bus, &id, call.now());
            if let Ok(event) = &event {
                delivery::tell(&rules, event, &*api.courier, call.now()).await;
            }
            told.push(event.map(|_| id));
        }
        let failed = i64::try_from(told.iter().filter(|told| told.is_err()).count()).unwrap_or(i64::MAX);
        let told = told.into_iter().map(|told| match told {
            Ok(id) => Answer::structure().with("EventId", id),
            Err((code, text)) => Answer::structure().with("ErrorCode", code).with("ErrorMessage", text),
        });
        let answer = Answer::structure().with("FailedEntryCount", failed);
        Ok(Done::answered(answer.with("Entries", Answer::List(told.collect()))))
    }
}

impl Sent {
    fn take(members: &mut Members<'_>) -> Sent {
        let mut text = |name: &str| members.text(name, &ANY).map(String::from).unwrap_or_default();
        let (source, detail_type, detail) = (text("Source"), text("DetailType"), text("Detail"));
        let resources = members.texts("Resources", RESOURCES, &RESOURCE).unwrap_or_default();
        Sent {
            time: members.time("Time"),
            source,
            resources: resources.into_iter().map(String::from).collect(),
            detail_type,
            detail,
            bus: members.text("EventBusName", &BUS_NAME).map(String::from),
        }
    }

    fn occurrence(&self, bus: Bus, id: &str, now: Timestamp) -> Result<Occurrence, Refusal> {
        let fields = [("Source", &self.source), ("DetailType", &self.detail_type), ("Detail", &self.detail)];
        if let Some((name, _)) = fields.iter().find(|(_, text)| text.is_empty()) {
            let text = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            return Err(("InvalidArgument", text));
        }
        if self.source.starts_with("aws.") {
            return Err(("NotAuthorizedForSource", "Not authorized for the source.".to_owned()));
        }
        let malformed = || ("MalformedDetail", "Detail is malformed.".to_owned());
        let detail: &RawValue = serde_json::from_str(&self.detail).map_err(|_| malformed())?;
        if !detail.get().starts_with('{') {
            return Err(malformed());
        }
        let at = self.time.unwrap_or(now);
        let envelope = Envelope {
            version: "0",
            id,
            detail_type: &self.detail_type,
            source: &self.source,
            account: bus.account.as_str(),
            time: format!("{at:.0}"),
            region: bus.region.as_str(),
            resources: self.resources.iter().map(String::as_str).collect(),
            detail,
        };
        // It comes in now, whenever it is said to have happened.
        Occurrence::new(now, false, &envelope).ok_or_else(malformed)
    }
}
