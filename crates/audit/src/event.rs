//! A record as it is read back: the members that whoever follows the trail asks for.

use std::borrow::Cow;
use std::fmt;

use claviger_names::AccountId;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::value::RawValue;

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
    pub request_parameters: Option<&'a RawValue>,
    /// What was told beside.
    pub additional_event_data: Option<&'a RawValue>,
    /// What the service did.
    pub service_event_details: Option<&'a RawValue>,
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
    /// Reads a record's JSON; none when it is not a record.
    pub fn parse(record: &'a str) -> Option<Event<'a>> {
        let members: Members<'a> = serde_json::from_str(record).ok()?;
        let resources = members.resources.into_iter().map(ResourceMembers::read).collect();
        Some(Event {
            event_id: members.event_id.0,
            name: members.event_name.0,
            source: members.event_source.0,
            time: members.event_time.0.parse().ok()?,
            region: members.aws_region.0,
            recipient: members.recipient_account_id.and_then(|account| account.0.parse().ok()),
            read_only: members.read_only,
            is_service_event: members.event_type.0 == "AwsServiceEvent",
            error_code: members.error_code.map(|code| code.0),
            caller: members.user_identity.read(),
            resources,
            request_parameters: members.request_parameters,
            additional_event_data: members.additional_event_data,
            service_event_details: members.service_event_details,
        })
    }
}

/// A text that borrows where nothing in it was escaped.
#[derive(Debug, Default)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(borrow)]
    user_identity: IdentityMembers<'a>,
    event_time: Text<'a>,
    event_source: Text<'a>,
    event_name: Text<'a>,
    aws_region: Text<'a>,
    error_code: Option<Text<'a>>,
    #[serde(borrow)]
    request_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    additional_event_data: Option<&'a RawValue>,
    #[serde(rename = "eventID")]
    event_id: Text<'a>,
    read_only: bool,
    #[serde(borrow, default)]
    resources: Vec<ResourceMembers<'a>>,
    event_type: Text<'a>,
    recipient_account_id: Option<Text<'a>>,
    #[serde(borrow)]
    service_event_details: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityMembers<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    principal_id: Option<Text<'a>>,
    arn: Option<Text<'a>>,
    access_key_id: Option<Text<'a>>,
    user_name: Option<Text<'a>>,
    invoked_by: Option<Text<'a>>,
}

impl<'a> IdentityMembers<'a> {
    fn read(self) -> EventCaller<'a> {
        let IdentityMembers { kind, principal_id, arn, access_key_id, user_name, invoked_by } = self;
        let user_name = match (user_name, kind.as_ref().map(|kind| &*kind.0)) {
            (Some(name), _) => Some(name.0),
            (None, Some("Root")) => Some(Cow::Borrowed(ROOT_NAME)),
            (None, Some("AWSService")) => invoked_by.map(|service| service.0),
            (None, Some("AssumedRole" | "FederatedUser")) => principal_id.and_then(|id| behind_colon(id.0)),
            (None, _) => None,
        };
        EventCaller { arn: arn.map(|arn| arn.0), user_name, access_key_id: access_key_id.map(|id| id.0) }
    }
}

/// The session's name in `AROA…:name`.
fn behind_colon(id: Cow<'_, str>) -> Option<Cow<'_, str>> {
    match id {
        Cow::Borrowed(id) => id.split_once(':').map(|(_, name)| Cow::Borrowed(name)),
        Cow::Owned(id) => id.split_once(':').map(|(_, name)| Cow::Owned(name.to_owned())),
    }
}

#[derive(Deserialize)]
struct ResourceMembers<'a> {
    #[serde(rename = "accountId", borrow)]
    account: Option<Text<'a>>,
    #[serde(rename = "type", default)]
    kind: Text<'a>,
    #[serde(rename = "ARN", default)]
    arn: Text<'a>,
}

impl<'a> ResourceMembers<'a> {
    fn read(self) -> EventResource<'a> {
        let account = self.account.and_then(|account| account.0.parse().ok());
        EventResource { account, kind: self.kind.0, arn: self.arn.0 }
    }
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
        assert_eq!(event.request_parameters.unwrap().get(), r#"{"a":{"b":1}}"#);
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
