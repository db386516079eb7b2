//! DisableKeyRotation: a key keeps the material that it has.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::KEY_ID;
use super::{Facts, Operation, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::KeyRecord;

pub(crate) struct DisableKeyRotation;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

impl Operation for DisableKeyRotation {
    const FACTS: Facts =
        Facts { states: States::Enabled, ..Facts::of_key("DisableKeyRotation", "kms:DisableKeyRotation") };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

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
        key.check_not_imported()?;
        key.check_not_replica()
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let Some(rotation) = key.record.rotation else { return Ok(()) };
        let record = KeyRecord { rotation: None, ..key.record.clone() };
        let changes = kms.change_set(Changes::new(), key, &record).await?;
        kms.commit(changes.unschedule(Duty::Rotate, key, rotation.next)).await
    }
}
