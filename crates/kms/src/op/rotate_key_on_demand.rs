//! RotateKeyOnDemand: a key gets new material now.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_clock::SignedDuration;
use claviger_wire::Members;
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{Key, KeyRecord, Origin, RotationType};
use crate::pipeline::Told;

/// Most rotations of a key that somebody asks for (developer guide, resource quotas); AWS does not raise it.
const ON_DEMAND_ROTATIONS_MAX: usize = 25;

/// How close to the next automatic rotation none is done (API reference, RotateKeyOnDemand).
const BEFORE_AUTOMATIC: SignedDuration = SignedDuration::from_mins(20);

pub(crate) struct RotateKeyOnDemand;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// As the request named it.
    key_id: String,
}

impl Operation for RotateKeyOnDemand {
    const FACTS: Facts = Facts {
        states: States::Enabled,
        has_output: true,
        ..Facts::of_key("RotateKeyOnDemand", "kms:RotateKeyOnDemand")
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
        Told::elements(Shown::new().text("keyId", &response.key_id))
    }

    fn fits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_not_replica()
    }

    fn suits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_has_rotations()
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        check_count(key)?;
        match key.record.origin {
            Origin::EXTERNAL => kms.rotate_to_imported(key).await?,
            Origin::AWS_KMS | Origin::AWS_CLOUDHSM | Origin::EXTERNAL_KEY_STORE => {
                check_schedule(kms, key)?;
                kms.rotate(key, RotationType::OnDemand, Changes::new()).await?;
            }
        }
        Ok(Response { key_id: request.key.to_string() })
    }
}

fn check_count(key: &Key) -> Result<(), Fault> {
    let KeyRecord { materials, .. } = &key.record;
    let on_demand = materials.iter().filter_map(|material| material.rotated);
    match on_demand.filter(|rotated| rotated.kind == RotationType::OnDemand).count() {
        ON_DEMAND_ROTATIONS_MAX.. => Err(Fault::LimitExceeded(Cow::Owned(format!(
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be \
             performed for this key: {}",
            key.arn
        )))),
        _ => Ok(()),
    }
}

fn check_schedule(kms: &Kms, key: &Key) -> Result<(), Fault> {
    let soon = kms.now().checked_add(BEFORE_AUTOMATIC).map_err(Fault::internal)?;
    match key.record.rotation {
        Some(rotation) if rotation.next <= soon => Err(Fault::Conflict(
            format!("{} has an automatic rotation in progress or due within 20 minutes.", key.arn).into(),
        )),
        Some(_) | None => Ok(()),
    }
}
