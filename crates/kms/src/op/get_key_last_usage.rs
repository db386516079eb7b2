//! GetKeyLastUsage: which operation used a key last, and when.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::{EpochSeconds, Members};
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::LastUse;

pub(crate) struct GetKeyLastUsage;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: String,
    key_last_usage: LastUsage,
    tracking_start_date: EpochSeconds,
    key_creation_date: EpochSeconds,
}

/// Empty of a key that was never used.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsage {
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_trail_event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_request_id: Option<String>,
}

impl LastUsage {
    fn of(used: &LastUse) -> LastUsage {
        LastUsage {
            operation: Some(used.operation.name()),
            timestamp: Some(EpochSeconds(used.at)),
            cloud_trail_event_id: Some(used.event.to_string()),
            kms_request_id: Some(used.request.to_string()),
        }
    }
}

impl Operation for GetKeyLastUsage {
    const FACTS: Facts = Facts {
        states: States::Any,
        read_only: true,
        has_output: true,
        ..Facts::of_key("GetKeyLastUsage", "kms:GetKeyLastUsage")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request { key: members.required_text("KeyId", &KEY_ID) };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().text("keyId", &request.key)
    }

    async fn run(_: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let created = EpochSeconds(key.record.created);
        Ok(Response {
            key_id: key.record.id.to_string(),
            key_last_usage: key
                .last_use
                .read()
                .map_or_else(LastUsage::default, |(used, _)| LastUsage::of(&used)),
            // What was before a key was made need not be told of it, and since then every use is noted.
            tracking_start_date: created,
            key_creation_date: created,
        })
    }
}
