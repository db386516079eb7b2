//! What alarms have to tell: noted in the commit that changes their state, so that a crash cannot hide it, and told until
//! it is accepted.

use claviger_clock::{SignedDuration, Timestamp};
use claviger_seal::{SealedStore, Write};
use claviger_store::{Guard, Path, Revision};
use serde::{Deserialize, Serialize};

use super::history::{HistoryItem, acted};
use super::history_rows::history_writes;
use super::notification::{body, subject};
use super::record::{AlarmRecord, AlarmState};
use super::rows::guarded;
use crate::cloudwatch::CloudWatch;
use crate::place::{Place, put_json, read_json, readable, scan_all};
use crate::{Message, Unsent, WatchFault};

/// How long what nobody accepts is tried again.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How old a note is that nobody is about to tell: whoever made it is gone, or was not accepted.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// What one action is to tell. It may be told twice, under the same message id.
#[derive(Serialize, Deserialize)]
pub(super) struct Untold {
    alarm: Box<str>,
    action: Box<str>,
    message_id: Box<str>,
    subject: Box<str>,
    body: Box<str>,
    changed_at: Timestamp,
}

impl Untold {
    fn path(&self, place: Place) -> Result<Path, WatchFault> {
        place.path(format_args!("alarm-untold/{}", self.message_id))
    }

    pub(super) fn write(&self, place: Place) -> Result<Write, WatchFault> {
        put_json(self.path(place)?, self)
    }

    fn message(&self, place: Place) -> Message {
        Message {
            account: place.account,
            id: self.message_id.clone(),
            subject: self.subject.clone(),
            body: self.body.clone(),
        }
    }
}

impl CloudWatch {
    /// What an alarm that is in a new state has to tell.
    pub(super) fn untold(
        &self,
        place: Place,
        alarm: &AlarmRecord,
        old: &AlarmState,
    ) -> Result<Vec<Untold>, WatchFault> {
        let actions = alarm.actions(alarm.state.value).iter().map(|action| &**action);
        let untold = |action: &str| {
            Ok(Untold {
                alarm: alarm.name.clone(),
                action: action.into(),
                message_id: self.random_uuid()?.into(),
                subject: subject(place, alarm).into(),
                body: body(place, alarm, old).into(),
                changed_at: alarm.state.updated_at,
            })
        };
        actions.filter(|_| alarm.actions_enabled).map(untold).collect()
    }

    /// Tells what is noted, and takes the note back with a line of history. What may be accepted later stays noted.
    pub(super) async fn tell(
        &self,
        place: Place,
        untold: &Untold,
        noted: Option<Revision>,
        now: Timestamp,
    ) -> Result<(), WatchFault> {
        let sent = match self.courier.knows(&untold.action, place.account, place.region.as_str()) {
            true => self.courier.send(&untold.action, untold.message(place)),
            false => Err(Unsent::Unknown),
        };
        let is_over = untold.changed_at.duration_until(now) >= GIVEN_UP_AFTER;
        let is_final = match sent {
            Ok(()) | Err(Unsent::Unknown | Unsent::TooLong) => true,
            Err(Unsent::Full | Unsent::NotKept) => is_over,
        };
        if !is_final {
            return Ok(());
        }
        let at = if noted.is_some() { super::milliseconds(now) } else { untold.changed_at };
        let item = acted(&untold.alarm, &untold.action, (at, untold.changed_at), sent);
        self.take_back(place, untold, noted, &item).await
    }

    async fn take_back(
        &self,
        place: Place,
        untold: &Untold,
        noted: Option<Revision>,
        item: &HistoryItem,
    ) -> Result<(), WatchFault> {
        let path = untold.path(place)?;
        let guards = noted.map(|revision| Guard::Unchanged(path.clone(), revision)).into_iter().collect();
        let mut writes = history_writes(&self.store, place, item).await?;
        writes.push(Write::Delete(path));
        guarded(&self.store, guards, writes).await
    }

    /// Tells what was noted and not accepted, or never told because the node ended in between.
    pub(crate) async fn tell_forgotten(&self, now: Timestamp) -> Result<(), WatchFault> {
        let mut first_fault = None;
        for place in self.places.all() {
            match self.tell_forgotten_of(place, now).await {
                Ok(()) => {}
                Err(fault) => drop(first_fault.get_or_insert(fault)),
            }
        }
        first_fault.map_or(Ok(()), Err)
    }

    async fn tell_forgotten_of(&self, place: Place, now: Timestamp) -> Result<(), WatchFault> {
        for (untold, revision) in load(&self.store, place).await? {
            if untold.changed_at.duration_until(now) >= FORGOTTEN_AFTER {
                match self.tell(place, &untold, Some(revision), now).await {
                    Ok(()) | Err(WatchFault::Overtaken) => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(())
    }
}

async fn load(store: &SealedStore, place: Place) -> Result<Vec<(Untold, Revision)>, WatchFault> {
    let entries = scan_all(store, place.span("alarm-untold/")).await?;
    Ok(entries.iter().filter_map(|entry| Some((readable(read_json(entry))?, entry.revision))).collect())
}
