//! LookupEvents: what happened in an account and Region in the last ninety days, newest first.

use std::num::NonZeroUsize;
use std::sync::Arc;

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation, Shown};
use claviger_audit::{Attribute, Criterion, Event, Found, LookUpFault, Lookup, Outline, Token};
use claviger_clock::{SignedDuration, Timestamp};
use claviger_wire::{Bounds, Enumerated, Members, TextRule};

use super::reference::REFERENCE;
use super::{CloudTrail, Refusal};

/// How far back is looked.
const PAST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Most events of a page, and as many as one has when nobody says.
const PAGE_MAX: i64 = 50;

/// Look-ups of an account in a second and Region (CloudTrail user guide).
const CALLS_PER_SECOND: i32 = 2;

/// What an attribute can be looked up by.
const VALUE: TextRule = TextRule::length(1, 2000);

/// An attribute of LookupEvents.
#[derive(Clone, Copy, PartialEq)]
struct LookupKey(Attribute);

impl Enumerated for LookupKey {
    const NAMES: &'static [(&'static str, LookupKey)] = &[
        ("EventId", LookupKey(Attribute::EventId)),
        ("EventName", LookupKey(Attribute::EventName)),
        ("ReadOnly", LookupKey(Attribute::ReadOnly)),
        ("Username", LookupKey(Attribute::Username)),
        ("ResourceType", LookupKey(Attribute::ResourceType)),
        ("ResourceName", LookupKey(Attribute::ResourceName)),
        ("EventSource", LookupKey(Attribute::EventSource)),
        ("AccessKeyId", LookupKey(Attribute::AccessKeyId)),
    ];
}

/// The category that there is beside management events, which nothing here is of.
#[derive(Clone, Copy, PartialEq)]
struct Insight;

impl Enumerated for Insight {
    const NAMES: &'static [(&'static str, Insight)] = &[("insight", Insight)];
}

pub(super) struct LookupEvents;

pub(super) struct Request {
    attribute: Option<(LookupKey, Box<str>)>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    category: Option<Insight>,
    page: NonZeroUsize,
    after: Option<Token>,
}

impl Operation for LookupEvents {
    const FACTS: Facts = Facts::read("LookupEvents", "cloudtrail:LookupEvents").at_most(CALLS_PER_SECOND);
    type Api = CloudTrail;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let attributes = members.structures("LookupAttributes", |attribute| {
            (
                attribute.required_one_of("AttributeKey"),
                attribute.required_text("AttributeValue", &VALUE).into(),
            )
        });
        let (start, end) = (members.time("StartTime"), members.time("EndTime"));
        let category = members.one_of("EventCategory");
        let page = members.whole("MaxResults", Bounds::new(i64::MIN, i64::MAX));
        let token = members.text("NextToken", &REFERENCE);
        let (attributes, start, end, category, page, token) =
            members.finish((attributes, start, end, category, page, token))?;
        Ok(Request {
            attribute: only(attributes.unwrap_or_default())?,
            start,
            end,
            category,
            page: size(page)?,
            after: token.map(|token| token.parse()).transpose().map_err(|_| Refusal::NextToken)?,
        })
    }

    fn shown(request: &Request) -> Shown {
        let attribute = request
            .attribute
            .iter()
            .map(|(key, value)| Shown::new().text("attributeKey", key.name()).text("attributeValue", value));
        let attributes: Vec<_> = attribute.collect();
        let shown = Shown::new();
        let shown = if attributes.is_empty() { shown } else { shown.objects("lookupAttributes", attributes) };
        let date = |shown: Shown, name, moment: Option<Timestamp>| match moment {
            Some(moment) => shown.date(name, moment),
            None => shown,
        };
        let shown = date(date(shown, "startTime", request.start), "endTime", request.end);
        shown.number("maxResults", i64::try_from(request.page.get()).unwrap_or(PAGE_MAX))
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        if request.start.zip(request.end).is_some_and(|(start, end)| start > end) {
            return Err(Refusal::LookupRange.into());
        }
        if request.category.is_some() {
            return Ok(Done::answered(Answer::structure().with("Events", Answer::List(Vec::new()))));
        }
        let oldest = call.now().checked_sub(PAST).map_err(Fault::internal)?;
        let lookup = Lookup {
            account: Some(call.account()),
            region: Some(call.region()),
            criteria: request
                .attribute
                .iter()
                .map(|(key, value)| Criterion::Is(key.0, value.clone()))
                .collect(),
            from: Some(request.start.map_or(oldest, |start| start.max(oldest))),
            to: request.end,
        };
        let turn = api.look_ups.acquire().await.map_err(Fault::internal)?;
        let (index, page, after) = (Arc::clone(&api.index), request.page, request.after);
        let found = tokio::task::spawn_blocking(move || index.look_up(&lookup, page, after)).await;
        drop(turn);
        let Found { records, next } = found.map_err(Fault::internal)?.map_err(refused)?;
        let events: Answer = records.iter().filter_map(|record| told(record)).collect();
        let next = next.map(|token| token.to_string());
        Ok(Done::answered(Answer::structure().with("Events", events).maybe("NextToken", next)))
    }
}

impl LookupKey {
    fn name(self) -> &'static str {
        LookupKey::NAMES.iter().find(|(_, key)| *key == self).map_or("", |(name, _)| name)
    }
}

/// The model has a list, and takes one item.
fn only(mut attributes: Vec<(LookupKey, Box<str>)>) -> Result<Option<(LookupKey, Box<str>)>, Refusal> {
    let first = attributes.pop();
    if attributes.is_empty() { Ok(first) } else { Err(Refusal::LookupAttributes) }
}

fn size(asked: Option<i64>) -> Result<NonZeroUsize, Refusal> {
    let asked = asked.unwrap_or(PAGE_MAX);
    let size = usize::try_from(asked).ok().filter(|_| asked <= PAGE_MAX).and_then(NonZeroUsize::new);
    size.ok_or(Refusal::MaxResults)
}

fn refused(fault: LookUpFault) -> Fault {
    match fault {
        LookUpFault::OtherToken => Refusal::NextToken.into(),
        LookUpFault::Unreadable { .. } => Fault::internal(fault),
    }
}

fn told(record: &str) -> Option<Answer> {
    let outline = Outline::of(record)?;
    let event = Event::of(record, &outline);
    let resource = |kind: &str, arn: &str| {
        Answer::structure().with("ResourceType", kind.to_owned()).with("ResourceName", arn.to_owned())
    };
    let resources: Answer = event.resources().map(|found| resource(&found.kind, &found.arn)).collect();
    let text = |text: Option<&str>| text.map(str::to_owned);
    let answer = Answer::structure()
        .with("EventId", event.event_id().to_string())
        .with("EventName", event.name().to_string())
        .with("ReadOnly", event.is_read_only().to_string())
        .maybe("AccessKeyId", text(event.access_key_id().as_deref()))
        .with("EventTime", event.time())
        .with("EventSource", event.source().to_string())
        .maybe("Username", text(event.user_name().as_deref()))
        .with("Resources", resources)
        .with("CloudTrailEvent", record.to_owned());
    Some(answer)
}
