//! What a record can be looked up by: its facets, the same for what writes the index and for what asks it.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Event;
use crate::event::Text;

/// What a record can be looked up by, besides its account, its Region and its encryption context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The record's identifier.
    EventId,
    /// The operation, or what the service did.
    EventName,
    /// `true` or `false`.
    ReadOnly,
    /// CloudTrail's `Username`, see [`crate::EventCaller::user_name`].
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
    see(Facet::Is(Attribute::EventId, &event.event_id));
    see(Facet::Is(Attribute::EventName, &event.name));
    see(Facet::Is(Attribute::EventSource, &event.source));
    see(Facet::Is(Attribute::ReadOnly, if event.read_only { "true" } else { "false" }));
    let caller = &event.caller;
    for (attribute, text) in [
        (Attribute::Username, &caller.user_name),
        (Attribute::AccessKeyId, &caller.access_key_id),
        (Attribute::CallerArn, &caller.arn),
        (Attribute::ErrorCode, &event.error_code),
    ] {
        if let Some(text) = text {
            see(Facet::Is(attribute, text));
        }
    }
    for resource in &event.resources {
        see(Facet::Is(Attribute::ResourceType, &resource.kind));
        see(Facet::Is(Attribute::ResourceName, &resource.arn));
        if let Some(name) = short_name(&resource.arn) {
            see(Facet::Is(Attribute::ResourceName, name));
        }
    }
    for Pairs(pairs) in contexts(event.request_parameters).into_iter().flatten() {
        pairs.iter().for_each(|(Text(key), Text(value))| see(Facet::Context { key, value }));
    }
}

/// A key's id, or an alias's name with its `alias/`.
fn short_name(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    resource.strip_prefix("key/").or_else(|| Some(resource).filter(|name| name.starts_with("alias/")))
}

/// The encryption contexts that were sent; of a re-encryption there are two.
fn contexts(parameters: Option<&RawValue>) -> [Option<Pairs<'_>>; 3] {
    let parameters = parameters.map(RawValue::get).filter(|text| text.contains("ncryptionContext\":{"));
    let read = parameters.and_then(|text| serde_json::from_str::<Parameters<'_>>(text).ok());
    read.map_or([None, None, None], |read| [read.encryption, read.source, read.destination])
}

#[derive(Deserialize)]
struct Parameters<'a> {
    #[serde(rename = "encryptionContext", borrow)]
    encryption: Option<Pairs<'a>>,
    #[serde(rename = "sourceEncryptionContext", borrow)]
    source: Option<Pairs<'a>>,
    #[serde(rename = "destinationEncryptionContext", borrow)]
    destination: Option<Pairs<'a>>,
}

struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<'a>, D::Error> {
        deserializer.deserialize_map(PairsVisitor).map(Pairs)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Vec<(Text<'de>, Text<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
