//! Where alarms and their history are stored.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/alarm/{name}` | [`AlarmRecord`] as JSON |
//! | `{account}/{region}/alarm-history/{milliseconds}/{number}` | [`HistoryItem`] as JSON |

use std::sync::atomic::{AtomicU32, Ordering};

use claviger_clock::{SignedDuration, Timestamp};
use claviger_seal::{SealedStore, Write};
use claviger_store::{Guard, Outcome, Path, Revision, Span, TRANSACTION_LIMIT_STEPS};

use super::history::HistoryItem;
use super::record::AlarmRecord;
use crate::WatchFault;
use crate::place::{Place, put, put_json, read_json, scan_all};

/// How long history is kept.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Tells items of one millisecond apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// An alarm, and the commit that it is the state of.
pub(crate) struct Stored {
    pub record: AlarmRecord,
    pub revision: Revision,
}

fn alarm_path(place: Place, name: &str) -> Result<Path, WatchFault> {
    place.path(format_args!("alarm/{name}"))
}

/// The alarm of this name, if there is one.
pub(crate) async fn load(
    store: &SealedStore,
    place: Place,
    name: &str,
) -> Result<Option<Stored>, WatchFault> {
    let entry = store.read(&alarm_path(place, name)?).await?;
    entry.map(|entry| Ok(Stored { record: read_json(&entry)?, revision: entry.revision })).transpose()
}

/// The alarms of a place, in the order of their names.
pub(crate) async fn load_all(store: &SealedStore, place: Place) -> Result<Vec<Stored>, WatchFault> {
    let entries = scan_all(store, place.span("alarm/")).await?;
    entries.iter().map(|entry| Ok(Stored { record: read_json(entry)?, revision: entry.revision })).collect()
}

/// Saves an alarm with what its history says of it, if it is still at this commit, or not there.
pub(crate) async fn save(
    store: &SealedStore,
    place: Place,
    alarm: &AlarmRecord,
    before: Option<Revision>,
    items: &[HistoryItem],
) -> Result<(), WatchFault> {
    let path = alarm_path(place, &alarm.name)?;
    let guard = match before {
        Some(revision) => Guard::Unchanged(path.clone(), revision),
        None => Guard::Absent(path.clone()),
    };
    let mut writes = vec![put_json(path, alarm)?];
    for item in items {
        writes.push(put_json(history_path(place, item.at)?, item)?);
    }
    guarded(store, vec![guard], writes).await
}

/// Deletes alarms, all or none, with what their history says of it.
pub(crate) async fn delete(
    store: &SealedStore,
    place: Place,
    alarms: &[(Stored, HistoryItem)],
) -> Result<(), WatchFault> {
    let (mut guards, mut writes) = (Vec::new(), Vec::new());
    for (alarm, item) in alarms {
        let path = alarm_path(place, &alarm.record.name)?;
        guards.push(Guard::Unchanged(path.clone(), alarm.revision));
        writes.push(Write::Delete(path));
        writes.push(put_json(history_path(place, item.at)?, item)?);
    }
    guarded(store, guards, writes).await
}

async fn guarded(store: &SealedStore, guards: Vec<Guard>, writes: Vec<Write>) -> Result<(), WatchFault> {
    match store.commit(guards, writes).await? {
        Outcome::Committed(_) => Ok(()),
        Outcome::Conflict => Err(WatchFault::Overtaken),
    }
}

fn history_path(place: Place, at: Timestamp) -> Result<Path, WatchFault> {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    place.path(format_args!("alarm-history/{:015}/{number:010}", at.as_millisecond()))
}

fn history_until(place: Place, at: Timestamp) -> Result<Span, WatchFault> {
    let from = place.path("alarm-history/")?;
    Ok(Span::between(&from, &place.path(format_args!("alarm-history/{:015}", at.as_millisecond().max(0)))?))
}

/// Adds to the history.
pub(crate) async fn put_history(
    store: &SealedStore,
    place: Place,
    items: &[HistoryItem],
) -> Result<(), WatchFault> {
    let writes =
        items.iter().map(|item| put_json(history_path(place, item.at)?, item)).collect::<Result<_, _>>()?;
    put(store, writes).await
}

/// The history of a place, the oldest first.
pub(crate) async fn load_history(store: &SealedStore, place: Place) -> Result<Vec<HistoryItem>, WatchFault> {
    let entries = scan_all(store, place.span("alarm-history/")).await?;
    entries.iter().map(read_json).collect()
}

/// Forgets history that is older than it is kept.
pub(crate) async fn sweep_history(
    store: &SealedStore,
    place: Place,
    now: Timestamp,
) -> Result<(), WatchFault> {
    let entries = scan_all(store, history_until(place, now.saturating_sub(HISTORY).unwrap_or(now))?).await?;
    for chunk in entries.chunks(TRANSACTION_LIMIT_STEPS) {
        put(store, chunk.iter().map(|entry| Write::Delete(entry.path.clone())).collect()).await?;
    }
    Ok(())
}
