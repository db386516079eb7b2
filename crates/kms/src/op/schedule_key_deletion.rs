//! ScheduleKeyDeletion: a key is to be deleted when a waiting period is over.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_clock::{SignedDuration, Timestamp};
use claviger_wire::{Bounds, EpochSeconds, Members};
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, QuotaBucket};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{KeyArn, KeyRecord, KeyState};
use crate::pipeline::Told;

/// What the model takes, in days; the service itself takes less.
const MODEL_WINDOW_DAYS: Bounds = Bounds::new(1, 365);

/// The waiting periods that the service takes, in days.
const WINDOW_DAYS: std::ops::RangeInclusive<i64> = 7..=30;

/// The waiting period when nobody says, in days.
pub(crate) const DEFAULT_WINDOW_DAYS: i64 = 30;

pub(crate) struct ScheduleKeyDeletion;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    window_days_sent: Option<i64>,
    window_days: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    key_id: KeyArn,
    deletion_date: EpochSeconds,
    key_state: &'static str,
    pending_window_in_days: i64,
}

impl Operation for ScheduleKeyDeletion {
    const FACTS: Facts = Facts {
        quota: QuotaBucket::Own(15),
        has_output: true,
        ..Facts::of_key("ScheduleKeyDeletion", "kms:ScheduleKeyDeletion")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let window_days_sent = members.whole("PendingWindowInDays", MODEL_WINDOW_DAYS);
        let window_days = window_days_sent.unwrap_or(DEFAULT_WINDOW_DAYS);
        let request = members.finish(Request { key, window_days_sent, window_days })?;
        match WINDOW_DAYS.contains(&window_days) {
            true => Ok(request),
            false => Err(Fault::Validation(Cow::Borrowed("PendingWindowInDays must be between 7 and 30"))),
        }
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let stated = Stated { pending_window_days: Some(request.window_days), ..Stated::default() };
        Ok(KeyAsk::named(&request.key).stating(stated))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().text("keyId", &request.key).maybe_number("pendingWindowInDays", request.window_days_sent)
    }

    fn told(response: &Response) -> Told {
        Told::elements(
            Shown::new()
                .text("keyId", &response.key_id.0.arn)
                .date("deletionDate", response.deletion_date.0)
                .text("keyState", response.key_state)
                .number("pendingWindowInDays", response.pending_window_in_days),
        )
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let due = days_from(kms.now(), request.window_days)?;
        let state = KeyState::PendingDeletion { due };
        let record = KeyRecord { state, ..key.record.clone() };
        kms.commit(Changes::new().update_key(key, &record).schedule(Duty::Delete, key, due)).await?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            deletion_date: EpochSeconds(due),
            key_state: state.name(),
            pending_window_in_days: request.window_days,
        })
    }
}

fn days_from(now: Timestamp, days: i64) -> Result<Timestamp, Fault> {
    now.checked_add(SignedDuration::from_hours(24 * days)).map_err(Fault::internal)
}
