//! CancelKeyDeletion: a key that waits for its deletion stays, disabled.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_wire::Members;
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, States};
use crate::fault::{Fault, StateClash};
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{KeyArn, KeyRecord, KeyState};
use crate::pipeline::Told;

pub(crate) struct CancelKeyDeletion;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
}

impl Operation for CancelKeyDeletion {
    const FACTS: Facts = Facts {
        states: States::PendingDeletion,
        has_output: true,
        ..Facts::of_key("CancelKeyDeletion", "kms:CancelKeyDeletion")
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

    fn told(response: &Response) -> Told {
        Told::elements(Shown::new().text("keyId", &response.key_id.0.arn))
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        // Imported material may have gone meanwhile.
        let state = if key.record.is_whole() { KeyState::Disabled } else { KeyState::PendingImport };
        let record = KeyRecord { state, ..key.record.clone() };
        let changes = Changes::new().update_key(key, &record);
        kms.commit(match key.record.state {
            KeyState::PendingDeletion { due } => changes.unschedule(Duty::Delete, key, due),
            KeyState::PendingReplicaDeletion { .. } => changes,
            KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport => {
                return Err(key.clash(StateClash::NotPendingDeletion));
            }
        })
        .await?;
        Ok(Response { key_id: KeyArn(Arc::clone(key)) })
    }
}
