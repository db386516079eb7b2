//! Where the members stand in a record's JSON that an [`Event`](crate::Event) shows: noted while the record is written, or found in
//! one that was read.

use std::borrow::Cow;

use claviger_names::AccountId;
use jiff::Timestamp;

use crate::json_text::{Cursor, Span};

/// What is taken down of a record once, for all who follow the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    pub(crate) event_id: Member,
    pub(crate) name: Member,
    pub(crate) source: Member,
    pub(crate) time: Option<Timestamp>,
    pub(crate) region: Member,
    pub(crate) recipient: Option<AccountId>,
    pub(crate) is_read_only: Option<bool>,
    pub(crate) kind: Member,
    pub(crate) error_code: Member,
    pub(crate) caller: CallerOutline,
    pub(crate) resources: ResourceOutlines,
    pub(crate) request_parameters: Member,
    pub(crate) service_event_details: Member,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallerOutline {
    pub(crate) kind: Member,
    pub(crate) principal_id: Member,
    pub(crate) arn: Member,
    pub(crate) access_key_id: Member,
    pub(crate) user_name: Member,
    pub(crate) invoked_by: Member,
}

/// Most records have one, and are noted without an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourceOutlines {
    first: Option<ResourceOutline>,
    others: Vec<ResourceOutline>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourceOutline {
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: Member,
    pub(crate) arn: Member,
}

/// None where it is missing or null.
pub(crate) type Member = Option<Span>;

impl Outline {
    /// Of a record's JSON; none when it is not a record. What nobody asks for is passed over, not checked.
    pub fn of(record: &str) -> Option<Outline> {
        let (mut outline, mut cursor) = (Outline::default(), Cursor::new(record));
        cursor.members(|name, cursor| outline.take(name, cursor))?;
        (cursor.is_at_end() && outline.is_whole(record)).then_some(outline)
    }

    fn take(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Option<()> {
        let member = match name {
            "userIdentity" => return self.caller.take(cursor),
            "resources" => return self.resources.take(cursor),
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

    /// Whether it is of a record: what every record has is there, and where it is a text it is one.
    fn is_whole(&self, record: &str) -> bool {
        let is_text = |member: &Member| member.is_some_and(|span| span.string(record).is_some());
        self.time.is_some()
            && self.is_read_only.is_some()
            && [self.event_id, self.name, self.source, self.region, self.kind].iter().all(is_text)
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
}

impl ResourceOutlines {
    pub(crate) fn push(&mut self, resource: ResourceOutline) {
        match self.first {
            None => self.first = Some(resource),
            Some(_) => self.others.push(resource),
        }
    }

    fn take(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        cursor.elements(|cursor| {
            let mut resource = ResourceOutline::default();
            cursor.members(|name, cursor| resource.take(name, cursor))?;
            self.push(resource);
            Some(())
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ResourceOutline> {
        self.first.iter().chain(&self.others)
    }
}

impl ResourceOutline {
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
}

fn text<'a>(value: Span, cursor: &Cursor<'a>) -> Option<Cow<'a, str>> {
    value.string(cursor.text())
}

fn account(value: Span, cursor: &Cursor<'_>) -> Option<AccountId> {
    text(value, cursor)?.parse().ok()
}
