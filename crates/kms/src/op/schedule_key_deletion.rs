//! ScheduleKeyDeletion: a key is to be deleted when a waiting period is over.

use std::borrow::Cow;
use std::sync::Arc;

use claviger_audit::Shown;
use claviger_wire::{Bounds, EpochSeconds, Members};
use serde::Serialize;

use super::member::KEY_ID;
use super::{Facts, Operation, QuotaBucket};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{Key, KeyArn, KeyRecord, KeyState, Place};
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
    /// A primary has none before its replicas are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<EpochSeconds>,
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
        let shown = Shown::new().text("keyId", &response.key_id.0.arn);
        let shown = match response.deletion_date {
            Some(EpochSeconds(date)) => shown.date("deletionDate", date),
            None => shown,
        };
        Told::elements(
            shown
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
        // Replicas that are past their waiting period keep no primary waiting: once they are removed, this starts over.
        if let Some(region) = kms.gone_replicas(key).await?.first().copied() {
            kms.delete_past(Place { region, ..key.place }, key.record.id).await?;
            return Err(Fault::Overtaken);
        }
        let window_days = request.window_days;
        let due = kms.days_from_now(window_days)?;
        let (state, due) = match waits_for_replicas(key) {
            true => (KeyState::PendingReplicaDeletion { window_days }, None),
            false => (KeyState::PendingDeletion { due }, Some(due)),
        };
        let record = KeyRecord { state, ..key.record.clone() };
        let changes = Changes::new().update_key(key, &record);
        kms.commit(match due {
            Some(due) => changes.schedule(Duty::Delete, key, due),
            None => changes,
        })
        .await?;
        Ok(Response {
            key_id: KeyArn(Arc::clone(key)),
            deletion_date: due.map(EpochSeconds),
            key_state: state.name(),
            pending_window_in_days: request.window_days,
        })
    }
}

/// A primary goes last (developer guide, deleting multi-Region keys).
fn waits_for_replicas(key: &Key) -> bool {
    key.check_primary().is_ok_and(|set| !set.replicas.is_empty())
}
