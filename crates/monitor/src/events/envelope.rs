//! Events in EventBridge's format, made of what is on the trail.

use std::borrow::Cow;

use claviger_audit::{Entry, Event};
use claviger_clock::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::bus::Bus;

/// An event: its JSON as it is sent, the same to be matched, and what decides who is asked.
pub(super) struct Occurrence {
    pub id: String,
    pub at: Timestamp,
    /// Whether it tells of a call that only read.
    pub is_only_read: bool,
    pub detail_type: String,
    pub text: String,
    /// The event without its detail.
    pub frame: String,
    pub value: Value,
}

/// The members of every event, in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Envelope<'a> {
    pub version: &'static str,
    pub id: &'a str,
    pub detail_type: &'a str,
    pub source: &'a str,
    pub account: &'a str,
    pub time: String,
    pub region: &'a str,
    pub resources: Vec<&'a str>,
    pub detail: &'a RawValue,
}

/// What the service did, as the record says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceDetails<'a> {
    #[serde(borrow)]
    key_id: Cow<'a, str>,
    #[serde(borrow)]
    key_origin: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rotation_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    previous_key_material_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    current_key_material_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key_material_id: Option<Cow<'a, str>>,
}

/// The same, as the event says it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct KmsDetail<'a> {
    key_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_origin: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_key_material_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key_material_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_material_id: Option<Cow<'a, str>>,
}

impl Occurrence {
    /// The event that a record of this bus tells of.
    pub(super) fn of(bus: Bus, entry: &Entry<'_>) -> Option<Occurrence> {
        let event = &entry.event;
        if event.is_service_event() {
            return Occurrence::of_service(bus, event);
        }
        let detail = serde_json::from_str::<&RawValue>(entry.text).ok()?;
        let source = source_of(&event.source());
        Occurrence::build(bus, event, "AWS API Call via CloudTrail", &source, Vec::new(), detail)
    }

    fn of_service(bus: Bus, event: &Event<'_>) -> Option<Occurrence> {
        let detail_type = match &*event.name() {
            "RotateKey" => "KMS CMK Rotation",
            "DeleteExpiredKeyMaterial" => "KMS Imported Key Material Expiration",
            "DeleteKey" => "KMS CMK Deletion",
            _ => return None,
        };
        let details: ServiceDetails<'_> =
            serde_json::from_str(event.service_event_details()?.as_str()).ok()?;
        let detail = serde_json::value::to_raw_value(&KmsDetail {
            key_id: details.key_id,
            key_origin: details.key_origin,
            rotation_type: details.rotation_type,
            previous_key_material_id: details.previous_key_material_id,
            current_key_material_id: details.current_key_material_id,
            key_material_id: details.key_material_id,
        });
        let resources: Vec<_> = event.resources().map(|resource| resource.arn).collect();
        let resources = resources.iter().map(|arn| &**arn).collect();
        Occurrence::build(bus, event, detail_type, "aws.kms", resources, &detail.ok()?)
    }

    fn build(
        bus: Bus,
        event: &Event<'_>,
        detail_type: &str,
        source: &str,
        resources: Vec<&str>,
        detail: &RawValue,
    ) -> Option<Occurrence> {
        let (account, region) = (bus.account.as_str(), bus.region.as_str());
        let (time, id) = (event.time().to_string(), &*event.event_id());
        let version = "0";
        let envelope =
            Envelope { version, id, detail_type, source, account, time, region, resources, detail };
        Occurrence::new(event.time(), event.is_read_only(), &envelope)
    }

    /// An event that is put together.
    pub(super) fn new(at: Timestamp, is_only_read: bool, envelope: &Envelope<'_>) -> Option<Occurrence> {
        let text = serde_json::to_string(envelope).ok()?;
        let mut value: Value = serde_json::from_str(&text).ok()?;
        let detail = value.as_object_mut()?.remove("detail")?;
        let frame = value.to_string();
        value.as_object_mut()?.insert("detail".to_owned(), detail);
        let (id, detail_type) = (envelope.id.to_owned(), envelope.detail_type.to_owned());
        Some(Occurrence { id, at, is_only_read, detail_type, text, frame, value })
    }
}

/// What events call a service that records call `kms.amazonaws.com`.
fn source_of(event_source: &str) -> String {
    match event_source.split('.').next().unwrap_or_default() {
        "monitoring" => "aws.cloudwatch".to_owned(),
        service => format!("aws.{service}"),
    }
}
