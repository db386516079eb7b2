//! EnableKey: a disabled key is usable again.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::KEY_ID;
use super::{Facts, Operation, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{KeyRecord, KeyState, Rotation};

pub(crate) struct EnableKey;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

impl Operation for EnableKey {
    const FACTS: Facts =
        Facts { states: States::Whole, ..Facts::of_key("EnableKey", "kms:EnableKey") }.telling_key();
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

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, _: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        if key.record.state == KeyState::Enabled {
            return Ok(());
        }
        let record = KeyRecord { state: KeyState::Enabled, ..key.record.clone() };
        let mut changes = Changes::new().update_key(key, &record);
        // A rotation that came due while the key was disabled is made up for (developer guide, rotating keys).
        let missed = record.rotation.filter(|rotation| rotation.next <= kms.now());
        if let Some(Rotation { next, .. }) = missed.filter(|_| key.check_not_replica().is_ok()) {
            changes = changes.schedule(Duty::Rotate, key, next);
        }
        kms.commit(changes).await
    }
}
