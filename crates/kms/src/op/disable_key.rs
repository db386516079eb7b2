//! DisableKey: a key is not usable until it is enabled.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::KEY_ID;
use super::{Facts, Operation, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{KeyRecord, KeyState};

pub(crate) struct DisableKey;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

impl Operation for DisableKey {
    const FACTS: Facts =
        Facts { states: States::Whole, ..Facts::of_key("DisableKey", "kms:DisableKey") }.telling_key();
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
        if key.record.state == KeyState::Disabled {
            return Ok(());
        }
        let record = KeyRecord { state: KeyState::Disabled, ..key.record.clone() };
        kms.commit(Changes::new().update_key(key, &record)).await
    }
}
