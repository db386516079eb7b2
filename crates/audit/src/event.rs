//! A record as it is read back: the members that whoever follows the trail asks for.

use std::borrow::Cow;

use claviger_names::AccountId;
use jiff::Timestamp;

use crate::Outline;
use crate::json_text::JsonText;
use crate::outline::{Member, ResourceOutline};

/// What stands for the name of a root user.
const ROOT_NAME: &str = "root";

/// What a record says: its text, and where to look in it. Texts are taken out when they are asked for, and borrow from the
/// record unless they were escaped.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    record: &'a str,
    outline: &'a Outline,
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
    /// What the record says of which this is the outline.
    pub fn of(record: &'a str, outline: &'a Outline) -> Event<'a> {
        Event { record, outline }
    }

    fn text(&self, member: Member) -> Option<Cow<'a, str>> {
        member?.string(self.record)
    }

    fn required(&self, member: Member) -> Cow<'a, str> {
        self.text(member).unwrap_or_default()
    }

    fn json(&self, member: Member) -> Option<JsonText<'a>> {
        member?.json(self.record)
    }

    /// Names the record.
    pub fn event_id(&self) -> Cow<'a, str> {
        self.required(self.outline.event_id)
    }

    /// The operation, or what the service did.
    pub fn name(&self) -> Cow<'a, str> {
        self.required(self.outline.name)
    }

    /// The service, such as `kms.amazonaws.com`.
    pub fn source(&self) -> Cow<'a, str> {
        self.required(self.outline.source)
    }

    /// When it was done, in whole seconds.
    pub fn time(&self) -> Timestamp {
        self.outline.time.unwrap_or_default()
    }

    /// The Region that served it.
    pub fn region(&self) -> Cow<'a, str> {
        self.required(self.outline.region)
    }

    /// The account whose record this is; none when nobody is known to have asked.
    pub fn recipient(&self) -> Option<AccountId> {
        self.outline.recipient
    }

    /// Whether the operation only reads.
    pub fn is_read_only(&self) -> bool {
        self.outline.is_read_only.unwrap_or_default()
    }

    /// Whether the service acted on its own.
    pub fn is_service_event(&self) -> bool {
        self.required(self.outline.kind) == "AwsServiceEvent"
    }

    /// Why it failed, if it did.
    pub fn error_code(&self) -> Option<Cow<'a, str>> {
        self.text(self.outline.error_code)
    }

    /// The ARN of the user, root user or session that asked.
    pub fn caller_arn(&self) -> Option<Cow<'a, str>> {
        self.text(self.outline.caller.arn)
    }

    /// CloudTrail's `Username`: of a user its name, of a session the session's, of a root user `root`.
    pub fn user_name(&self) -> Option<Cow<'a, str>> {
        let caller = &self.outline.caller;
        if let Some(name) = self.text(caller.user_name) {
            return Some(name);
        }
        match &*self.text(caller.kind)? {
            "Root" => Some(Cow::Borrowed(ROOT_NAME)),
            "AWSService" => self.text(caller.invoked_by),
            "AssumedRole" | "FederatedUser" => self.text(caller.principal_id).and_then(behind_colon),
            _ => None,
        }
    }

    /// The key that signed, or that an unverified request claimed.
    pub fn access_key_id(&self) -> Option<Cow<'a, str>> {
        self.text(self.outline.caller.access_key_id)
    }

    /// The keys and aliases that were touched.
    pub fn resources(&self) -> impl Iterator<Item = EventResource<'a>> {
        let event = *self;
        self.outline.resources.iter().map(move |resource| event.resource(resource))
    }

    fn resource(&self, resource: &ResourceOutline) -> EventResource<'a> {
        let ResourceOutline { account, kind, arn } = *resource;
        EventResource { account, kind: self.required(kind), arn: self.required(arn) }
    }

    /// What was asked.
    pub fn request_parameters(&self) -> Option<JsonText<'a>> {
        self.json(self.outline.request_parameters)
    }

    /// What the service did.
    pub fn service_event_details(&self) -> Option<JsonText<'a>> {
        self.json(self.outline.service_event_details)
    }
}

impl std::fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.record)
    }
}

/// The session's name in `AROA…:name`.
fn behind_colon(id: Cow<'_, str>) -> Option<Cow<'_, str>> {
    match id {
        Cow::Borrowed(id) => id.split_once(':').map(|(_, name)| Cow::Borrowed(name)),
        Cow::Owned(id) => id.split_once(':').map(|(_, name)| Cow::Owned(name.to_owned())),
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
        let outline = Outline::of(RECORD).unwrap();
        let event = Event::of(RECORD, &outline);
        assert_eq!(event.name(), "Decrypt");
        assert_eq!(event.user_name().as_deref(), Some("s\"1"));
        assert_eq!(event.error_code().as_deref(), Some("AccessDenied"));
        assert_eq!(event.request_parameters().unwrap().as_str(), r#"{"a":{"b":1}}"#);
        assert_eq!(event.recipient().unwrap().to_string(), "111122223333");
        assert_eq!(event.resources().map(|resource| resource.arn).collect::<Vec<_>>(), ["arn:k"]);
        assert!(event.is_read_only() && !event.is_service_event());
    }

    #[test]
    fn names_borrow_unless_they_were_escaped() {
        let outline = Outline::of(RECORD).unwrap();
        let event = Event::of(RECORD, &outline);
        assert!(matches!(event.name(), Cow::Borrowed(_)));
        assert!(matches!(event.user_name(), Some(Cow::Owned(_))));
    }

    #[test]
    fn what_lacks_a_member_that_every_record_has_is_none() {
        for name in ["eventTime", "eventSource", "eventName", "awsRegion", "eventID", "readOnly", "eventType"]
        {
            let other = RECORD.replacen(&format!("\"{name}\""), "\"other\"", 1);
            assert!(Outline::of(&other).is_none(), "{name}");
        }
        assert!(Outline::of(&RECORD.replace(r#""eventName":"Decrypt""#, r#""eventName":1"#)).is_none());
    }
}
