//! What a record can be looked up by: its facets, the same for what writes the index and for what asks it.

use crate::{Event, JsonText};

/// What a record can be looked up by, besides its account, its Region and its encryption context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The record's identifier.
    EventId,
    /// The operation, or what the service did.
    EventName,
    /// `true` or `false`.
    ReadOnly,
    /// CloudTrail's `Username`, see [`crate::Event::user_name`].
    Username,
    /// Such as `AWS::KMS::Key`.
    ResourceType,
    /// The ARN of a key or alias that was touched, the id of such a key, or `alias/` and the name of such an alias.
    ResourceName,
    /// The service, such as `kms.amazonaws.com`.
    EventSource,
    /// The access key that signed.
    AccessKeyId,
    /// Why it failed.
    ErrorCode,
    /// The ARN of who asked.
    CallerArn,
}

/// One thing that a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Facet<'a> {
    Is(Attribute, &'a str),
    Context { key: &'a str, value: &'a str },
}

/// Shows every facet of a record.
pub(super) fn each_facet(event: &Event<'_>, mut see: impl FnMut(Facet<'_>)) {
    see(Facet::Is(Attribute::EventId, &event.event_id()));
    see(Facet::Is(Attribute::EventName, &event.name()));
    see(Facet::Is(Attribute::EventSource, &event.source()));
    see(Facet::Is(Attribute::ReadOnly, if event.is_read_only() { "true" } else { "false" }));
    for (attribute, text) in [
        (Attribute::Username, event.user_name()),
        (Attribute::AccessKeyId, event.access_key_id()),
        (Attribute::CallerArn, event.caller_arn()),
        (Attribute::ErrorCode, event.error_code()),
    ] {
        if let Some(text) = text {
            see(Facet::Is(attribute, &text));
        }
    }
    for resource in event.resources() {
        see(Facet::Is(Attribute::ResourceType, &resource.kind));
        see(Facet::Is(Attribute::ResourceName, &resource.arn));
        if let Some(name) = short_name(&resource.arn) {
            see(Facet::Is(Attribute::ResourceName, name));
        }
    }
    if let Some(parameters) = event.request_parameters() {
        each_context_pair(parameters, |key, value| see(Facet::Context { key, value }));
    }
}

/// A key's id, or an alias's name with its `alias/`.
fn short_name(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    resource.strip_prefix("key/").or_else(|| Some(resource).filter(|name| name.starts_with("alias/")))
}

/// Shows what the encryption contexts say that were sent; of a re-encryption there are two.
fn each_context_pair(parameters: JsonText<'_>, mut see: impl FnMut(&str, &str)) {
    parameters.each_member(|name, cursor| match name {
        "encryptionContext" | "sourceEncryptionContext" | "destinationEncryptionContext" => {
            cursor.pairs(&mut see)
        }
        _ => cursor.skip(),
    });
}
