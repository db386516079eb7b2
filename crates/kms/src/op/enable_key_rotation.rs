//! EnableKeyRotation: a key gets new material by itself, every so many days.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::{Bounds, Members};

use super::member::KEY_ID;
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{KeyRecord, Rotation};

/// How many days may lie between two rotations.
const PERIOD_DAYS: Bounds = Bounds::new(90, 2_560);

/// How many do when nobody says.
pub(crate) const DEFAULT_PERIOD_DAYS: i64 = 365;

pub(crate) struct EnableKeyRotation;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    period_days_sent: Option<i64>,
    period_days: u16,
}

impl Operation for EnableKeyRotation {
    const FACTS: Facts = Facts {
        states: States::Enabled,
        quota: QuotaBucket::Own(15),
        ..Facts::of_key("EnableKeyRotation", "kms:EnableKeyRotation")
    }
    .telling_key();
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let period_days_sent = members.whole("RotationPeriodInDays", PERIOD_DAYS);
        members.finish(())?;
        let days = period_days_sent.unwrap_or(DEFAULT_PERIOD_DAYS);
        let period_days = u16::try_from(days).map_err(Fault::internal)?;
        Ok(Request { key, period_days_sent, period_days })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let rotation_period_days = Some(i64::from(request.period_days));
        Ok(KeyAsk::named(&request.key).stating(Stated { rotation_period_days, ..Stated::default() }))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .maybe_number("rotationPeriodInDays", request.period_days_sent)
    }

    fn fits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_not_imported()?;
        key.check_not_replica()
    }

    fn suits(_: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        key.check_has_rotations()
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let rotation = Rotation::every(request.period_days, kms.now())?;
        let record = KeyRecord { rotation: Some(rotation), ..key.record.clone() };
        let mut changes = kms.change_set(Changes::new(), key, &record).await?;
        // A note tells the second: asked again within one, the rotation has its note already.
        let is_moved = |before: &Rotation| before.next.as_second() != rotation.next.as_second();
        if let Some(before) = key.record.rotation.filter(is_moved) {
            changes = changes.unschedule(Duty::Rotate, key, before.next);
        }
        kms.commit(changes.schedule(Duty::Rotate, key, rotation.next)).await
    }
}
