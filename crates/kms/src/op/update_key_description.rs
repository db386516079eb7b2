//! UpdateKeyDescription: another text for people.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{DESCRIPTION, KEY_ID};
use super::{Facts, Operation};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::KeyRecord;

pub(crate) struct UpdateKeyDescription;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    description: Cow<'b, str>,
}

impl Operation for UpdateKeyDescription {
    const FACTS: Facts = Facts::of_key("UpdateKeyDescription", "kms:UpdateKeyDescription");
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let request = Request {
            key: members.required_text("KeyId", &KEY_ID),
            description: members.required_text("Description", &DESCRIPTION),
        };
        Ok(members.finish(request)?)
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().text("keyId", &request.key).text("description", &request.description)
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let record = KeyRecord { description: request.description.to_string(), ..key.record.clone() };
        kms.commit(Changes::new().update_key(key, &record)).await
    }
}
