//! A record as it is read back: the members that whoever follows the trail asks for.

use std::borrow::Cow;

use claviger_names::AccountId;
use jiff::Timestamp;

use crate::json_text::{JsonText, Span, each_element, each_member};

/// What stands for the name of a root user.
const ROOT_NAME: &str = "root";

/// What a record says; texts borrow from it.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Names the record.
    pub event_id: Cow<'a, str>,
    /// The operation, or what the service did.
    pub name: Cow<'a, str>,
    /// The service, such as `kms.amazonaws.com`.
    pub source: Cow<'a, str>,
    /// When it was done, in whole seconds.
    pub time: Timestamp,
    /// The Region that served it.
    pub region: Cow<'a, str>,
    /// The account whose record this is; none when nobody is known to have asked.
    pub recipient: Option<AccountId>,
    /// Whether the operation only reads.
    pub read_only: bool,
    /// Whether the service acted on its own.
    pub is_service_event: bool,
    /// Why it failed, if it did.
    pub error_code: Option<Cow<'a, str>>,
    /// Who asked.
    pub caller: EventCaller<'a>,
    /// The keys and aliases that were touched.
    pub resources: Vec<EventResource<'a>>,
    /// What was asked.
    pub request_parameters: Option<JsonText<'a>>,
    /// What the service did.
    pub service_event_details: Option<JsonText<'a>>,
}

/// Who asked, as far as look-ups go.
#[derive(Clone, Debug, Default)]
pub struct EventCaller<'a> {
    /// The ARN of the user, root user or session.
    pub arn: Option<Cow<'a, str>>,
    /// CloudTrail's `Username`: of a user its name, of a session the session's, of a root user `root`.
    pub user_name: Option<Cow<'a, str>>,
    /// The key that signed, or that an unverified request claimed.
    pub access_key_id: Option<Cow<'a, str>>,
}

/// A key or alias that a request touched.
#[derive(Clone, Debug)]
pub struct EventResource<'a> {
    /// The owner, if it is told.
    pub account: Option<AccountId>,
    /// Such as `AWS::KMS::Key`.
    pub kind: Cow<'a, str>,
    /// Its ARN.
    pub arn: Cow<'a, str>,
}

impl<'a> Event<'a> {
    /// Reads a record's JSON; none when it is not a record. What nobody asks for is passed over, not checked.
    pub fn parse(record: &'a str) -> Option<Event<'a>> {
        Outline::of(record)?.event(record)
    }
}

/// Where the members stand in a record's text that an [`Event`] is made of: found once for all who follow the trail.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    event_id: Member,
    name: Member,
    source: Member,
    time: Member,
    region: Member,
    recipient: Member,
    read_only: Member,
    kind: Member,
    error_code: Member,
    caller: CallerOutline,
    resources: Vec<ResourceOutline>,
    request_parameters: Member,
    service_event_details: Member,
}

#[derive(Debug, Default)]
struct CallerOutline {
    kind: Member,
    principal_id: Member,
    arn: Member,
    access_key_id: Member,
    user_name: Member,
    invoked_by: Member,
}

#[derive(Debug, Default)]
struct ResourceOutline {
    account: Member,
    kind: Member,
    arn: Member,
}

/// None where it is missing or null.
type Member = Option<Span>;

impl Outline {
    /// Of a record's JSON; none when it is no object, or its parts are none.
    pub(crate) fn of(record: &str) -> Option<Outline> {
        let (mut outline, text) = (Outline::default(), record.as_bytes());
        let (mut identity, mut resources) = (None, None);
        each_member(text, Span::of(record)?, |name, value| {
            let member = match name {
                b"userIdentity" => &mut identity,
                b"eventTime" => &mut outline.time,
                b"eventSource" => &mut outline.source,
                b"eventName" => &mut outline.name,
                b"awsRegion" => &mut outline.region,
                b"errorCode" => &mut outline.error_code,
                b"requestParameters" => &mut outline.request_parameters,
                b"eventID" => &mut outline.event_id,
                b"readOnly" => &mut outline.read_only,
                b"resources" => &mut resources,
                b"eventType" => &mut outline.kind,
                b"recipientAccountId" => &mut outline.recipient,
                b"serviceEventDetails" => &mut outline.service_event_details,
                _ => return,
            };
            *member = Some(value).filter(|value| value.bytes(text) != b"null");
        })?;
        outline.caller = CallerOutline::of(text, identity?)?;
        if let Some(resources) = resources {
            outline.resources = ResourceOutline::each_of(text, resources)?;
        }
        Some(outline)
    }

    /// The event, given the same text; none when something is missing or no string.
    pub(crate) fn event<'a>(&self, record: &'a str) -> Option<Event<'a>> {
        let needed = |member: Member| text_at(record, member);
        Some(Event {
            event_id: needed(self.event_id)?,
            name: needed(self.name)?,
            source: needed(self.source)?,
            time: needed(self.time)?.parse().ok()?,
            region: needed(self.region)?,
            recipient: account_at(record, self.recipient),
            read_only: JsonText::at(record, self.read_only?)?.as_str() == "true",
            is_service_event: needed(self.kind)? == "AwsServiceEvent",
            error_code: text_at(record, self.error_code),
            caller: self.caller.caller(record),
            resources: self.resources.iter().map(|resource| resource.resource(record)).collect(),
            request_parameters: self.request_parameters.and_then(|span| JsonText::at(record, span)),
            service_event_details: self.service_event_details.and_then(|span| JsonText::at(record, span)),
        })
    }
}

impl CallerOutline {
    fn of(record: &[u8], identity: Span) -> Option<CallerOutline> {
        let mut outline = CallerOutline::default();
        each_member(record, identity, |name, value| {
            let member = match name {
                b"type" => &mut outline.kind,
                b"principalId" => &mut outline.principal_id,
                b"arn" => &mut outline.arn,
                b"accessKeyId" => &mut outline.access_key_id,
                b"userName" => &mut outline.user_name,
                b"invokedBy" => &mut outline.invoked_by,
                _ => return,
            };
            *member = Some(value);
        })?;
        Some(outline)
    }

    fn caller<'a>(&self, record: &'a str) -> EventCaller<'a> {
        let text = |member| text_at(record, member);
        let user_name = match (text(self.user_name), text(self.kind).as_deref()) {
            (Some(name), _) => Some(name),
            (None, Some("Root")) => Some(Cow::Borrowed(ROOT_NAME)),
            (None, Some("AWSService")) => text(self.invoked_by),
            (None, Some("AssumedRole" | "FederatedUser")) => text(self.principal_id).and_then(behind_colon),
            (None, _) => None,
        };
        EventCaller { arn: text(self.arn), user_name, access_key_id: text(self.access_key_id) }
    }
}

/// The session's name in `AROA…:name`.
fn behind_colon(id: Cow<'_, str>) -> Option<Cow<'_, str>> {
    match id {
        Cow::Borrowed(id) => id.split_once(':').map(|(_, name)| Cow::Borrowed(name)),
        Cow::Owned(id) => id.split_once(':').map(|(_, name)| Cow::Owned(name.to_owned())),
    }
}

impl ResourceOutline {
    fn each_of(record: &[u8], resources: Span) -> Option<Vec<ResourceOutline>> {
        let (mut outlines, mut are_objects) = (Vec::new(), true);
        each_element(record, resources, |resource| match ResourceOutline::of(record, resource) {
            Some(outline) => outlines.push(outline),
            None => are_objects = false,
        })?;
        are_objects.then_some(outlines)
    }

    fn of(record: &[u8], resource: Span) -> Option<ResourceOutline> {
        let mut outline = ResourceOutline::default();
        each_member(record, resource, |name, value| {
            let member = match name {
                b"accountId" => &mut outline.account,
                b"type" => &mut outline.kind,
                b"ARN" => &mut outline.arn,
                _ => return,
            };
            *member = Some(value);
        })?;
        Some(outline)
    }

    fn resource<'a>(&self, record: &'a str) -> EventResource<'a> {
        let text = |member| text_at(record, member).unwrap_or_default();
        EventResource {
            account: account_at(record, self.account),
            kind: text(self.kind),
            arn: text(self.arn),
        }
    }
}

fn text_at(record: &str, member: Member) -> Option<Cow<'_, str>> {
    JsonText::at(record, member?)?.string()
}

fn account_at(record: &str, member: Member) -> Option<AccountId> {
    text_at(record, member)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = concat!(
        r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAX:s\"1","arn":"arn:aws:sts::"#,
        r#"111122223333:assumed-role/r/s","accountId":"111122223333","accessKeyId":"ASIAX","sessionContext":{"userName":"r"}},"#,
        r#""eventTime":"2026-11-22T10:00:00Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-east-1","#,
        r#""sourceIPAddress":"127.0.0.1","errorCode":"AccessDenied","requestParameters":{"a":{"b":1}},"responseElements":null,"#,
        r#""eventID":"e","readOnly":true,"resources":[{"accountId":"444455556666","type":"AWS::KMS::Key","ARN":"arn:k"}],"#,
        r#""eventType":"AwsApiCall","recipientAccountId":"111122223333"}"#
    );

    #[test]
    fn what_look_ups_ask_for_is_read_back() {
        let event = Event::parse(RECORD).unwrap();
        assert_eq!(event.name, "Decrypt");
        assert_eq!(event.caller.user_name.as_deref(), Some("s\"1"));
        assert_eq!(event.error_code.as_deref(), Some("AccessDenied"));
        assert_eq!(event.request_parameters.unwrap().as_str(), r#"{"a":{"b":1}}"#);
        assert_eq!(event.recipient.unwrap().to_string(), "111122223333");
        assert_eq!((event.resources.len(), &*event.resources[0].arn), (1, "arn:k"));
        assert!(event.read_only && !event.is_service_event);
    }

    #[test]
    fn names_borrow_unless_they_were_escaped() {
        let event = Event::parse(RECORD).unwrap();
        assert!(matches!(event.name, Cow::Borrowed(_)));
        assert!(matches!(event.caller.user_name, Some(Cow::Owned(_))));
        assert!(Event::parse(r#"{"eventName":"Decrypt"}"#).is_none());
    }
}
