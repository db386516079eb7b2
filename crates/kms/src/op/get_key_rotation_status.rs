//! GetKeyRotationStatus: whether a key gets new material by itself, and when next.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::{EpochSeconds, Members};
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::kms::Kms;
use crate::model::{KeyState, Rotation};

pub(crate) struct GetKeyRotationStatus;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// As the request named it.
    key_id: String,
    key_rotation_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_period_in_days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<EpochSeconds>,
}

impl Operation for GetKeyRotationStatus {
    const FACTS: Facts = Facts {
        cross_account: true,
        states: States::Any,
        quota: QuotaBucket::Own(1000),
        read_only: true,
        has_output: true,
        ..Facts::of_key("GetKeyRotationStatus", "kms:GetKeyRotationStatus")
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

    fn fits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        match key.record.state {
            KeyState::PendingImport => key.check_not_imported(),
            KeyState::Enabled
            | KeyState::Disabled
            | KeyState::PendingDeletion { .. }
            | KeyState::PendingReplicaDeletion { .. } => Ok(()),
        }
    }

    async fn run(
        _: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        // A key that waits for its deletion does not rotate; what was set is there again when that is cancelled.
        let rotation = match key.record.state {
            KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport => key.record.rotation,
            KeyState::PendingDeletion { .. } | KeyState::PendingReplicaDeletion { .. } => None,
        };
        Ok(Response {
            key_id: request.key.to_string(),
            key_rotation_enabled: rotation.is_some(),
            rotation_period_in_days: rotation.map(|Rotation { period_days, .. }| period_days),
            next_rotation_date: rotation.map(|Rotation { next, .. }| EpochSeconds(next)),
        })
    }
}
