//! A record as it is read back: the members that whoever follows the trail asks for.

use std::borrow::Cow;

use claviger_names::AccountId;
use jiff::Timestamp;

use crate::json_text::{Cursor, JsonText, Span};

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
    time: Option<Timestamp>,
    region: Member,
    recipient: Option<AccountId>,
    is_read_only: Option<bool>,
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
    account: Option<AccountId>,
    kind: Member,
    arn: Member,
}

/// None where it is missing or null.
type Member = Option<Span>;

impl Outline {
    /// Of a record's JSON; none when it is no object, or its parts are none.
    pub(crate) fn of(record: &str) -> Option<Outline> {
        let (mut outline, mut cursor) = (Outline::default(), Cursor::new(record));
        cursor.members(|name, cursor| outline.take(name, cursor))?;
        cursor.is_at_end().then_some(outline)
    }

    fn take(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Option<()> {
        let member = match name {
            "userIdentity" => return self.caller.take(cursor),
            "resources" => return ResourceOutline::take_each(cursor, &mut self.resources),
            "eventTime" => {
                self.time = text(cursor.value()?, cursor)?.parse().ok();
                return Some(());
            }
            "recipientAccountId" => {
                self.recipient = account(cursor.value()?, cursor);
                return Some(());
            }
            "readOnly" => {
                self.is_read_only = Some(cursor.value()?.json(cursor.text())?.as_str() == "true");
                return Some(());
            }
            "eventSource" => &mut self.source,
            "eventName" => &mut self.name,
            "awsRegion" => &mut self.region,
            "errorCode" => &mut self.error_code,
            "requestParameters" => &mut self.request_parameters,
            "eventID" => &mut self.event_id,
            "eventType" => &mut self.kind,
            "serviceEventDetails" => &mut self.service_event_details,
            _ => return cursor.skip(),
        };
        *member = Some(cursor.value()?).filter(|value| !value.is_null(cursor.text()));
        Some(())
    }

    /// The event, given the same text; none when something is missing or no string.
    pub(crate) fn event<'a>(&self, record: &'a str) -> Option<Event<'a>> {
        let text = |member: Member| member?.string(record);
        let json = |member: Member| member?.json(record);
        Some(Event {
            event_id: text(self.event_id)?,
            name: text(self.name)?,
            source: text(self.source)?,
            time: self.time?,
            region: text(self.region)?,
            recipient: self.recipient,
            read_only: self.is_read_only?,
            is_service_event: text(self.kind)? == "AwsServiceEvent",
            error_code: text(self.error_code),
            caller: self.caller.caller(record),
            resources: self.resources.iter().map(|resource| resource.resource(record)).collect(),
            request_parameters: json(self.request_parameters),
            service_event_details: json(self.service_event_details),
        })
    }
}

impl CallerOutline {
    fn take(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        cursor.members(|name, cursor| {
            let member = match name {
                "type" => &mut self.kind,
                "principalId" => &mut self.principal_id,
                "arn" => &mut self.arn,
                "accessKeyId" => &mut self.access_key_id,
                "userName" => &mut self.user_name,
                "invokedBy" => &mut self.invoked_by,
                _ => return cursor.skip(),
            };
            *member = Some(cursor.value()?);
            Some(())
        })
    }

    fn caller<'a>(&self, record: &'a str) -> EventCaller<'a> {
        let text = |member: Member| member?.string(record);
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
    fn take_each(cursor: &mut Cursor<'_>, into: &mut Vec<ResourceOutline>) -> Option<()> {
        cursor.elements(|cursor| {
            let mut resource = ResourceOutline::default();
            cursor.members(|name, cursor| resource.take(name, cursor))?;
            into.push(resource);
            Some(())
        })
    }

    fn take(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Option<()> {
        let value = cursor.value()?;
        match name {
            "accountId" => self.account = account(value, cursor),
            "type" => self.kind = Some(value),
            "ARN" => self.arn = Some(value),
            _ => {}
        }
        Some(())
    }

    fn resource<'a>(&self, record: &'a str) -> EventResource<'a> {
        let text = |member: Member| member.and_then(|span| span.string(record)).unwrap_or_default();
        EventResource { account: self.account, kind: text(self.kind), arn: text(self.arn) }
    }
}

fn text<'a>(value: Span, cursor: &Cursor<'a>) -> Option<Cow<'a, str>> {
    value.string(cursor.text())
}

fn account(value: Span, cursor: &Cursor<'_>) -> Option<AccountId> {
    text(value, cursor)?.parse().ok()
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
