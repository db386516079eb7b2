//! Where alarms are stored.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/alarm/{name}` | [`AlarmRecord`] as JSON |

use claviger_seal::{SealedStore, Write};
use claviger_store::{Guard, Outcome, Path, Revision};

use super::history::HistoryItem;
use super::history_rows::history_writes;
use super::record::AlarmRecord;
use super::untold::Untold;
use crate::WatchFault;
use crate::place::{Place, put_json, read_json, readable, scan_all};

/// Longest name in a path, where what is not printable ASCII takes three bytes for one.
const NAME_PART_BYTES_MAX: usize = 900;

/// An alarm, and the commit that it is the state of.
pub(crate) struct Stored {
    pub record: AlarmRecord,
    pub revision: Revision,
}

fn alarm_path(place: Place, name: &str) -> Result<Path, WatchFault> {
    place.path(format_args!("alarm/{}", name_part(name)?))
}

/// A name as it stands in paths: printable ASCII but for percent signs and slashes as it is, each other byte as `%C3`.
pub(super) fn name_part(name: &str) -> Result<String, WatchFault> {
    let mut part = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'%' | b'/' | 0..b' ' | 0x7f.. => part.push_str(&format!("%{byte:02X}")),
            printable => part.push(char::from(printable)),
        }
    }
    if part.len() > NAME_PART_BYTES_MAX { Err(WatchFault::LongName) } else { Ok(part) }
}

/// Whether an alarm of this name can be stored.
pub(crate) fn is_storable(name: &str) -> bool {
    name_part(name).is_ok()
}

/// The alarm of this name, if there is one.
pub(crate) async fn load(
    store: &SealedStore,
    place: Place,
    name: &str,
) -> Result<Option<Stored>, WatchFault> {
    if !is_storable(name) {
        return Ok(None);
    }
    let entry = store.read(&alarm_path(place, name)?).await?;
    entry.map(|entry| Ok(Stored { record: read_json(&entry)?, revision: entry.revision })).transpose()
}

/// The alarms of a place, in the order of their names. One that cannot be read is passed over.
pub(crate) async fn load_all(store: &SealedStore, place: Place) -> Result<Vec<Stored>, WatchFault> {
    let entries = scan_all(store, place.span("alarm/")).await?;
    let readable = |entry| Some(Stored { record: readable(read_json(entry))?, revision: entry.revision });
    Ok(entries.iter().filter_map(readable).collect())
}

/// Saves an alarm with what its history says of it, if it is still at this commit, or not there.
pub(crate) async fn save(
    store: &SealedStore,
    place: Place,
    alarm: &AlarmRecord,
    before: Option<Revision>,
    item: Option<&HistoryItem>,
) -> Result<(), WatchFault> {
    save_with(store, place, alarm, before, item, &[]).await
}

/// The same with what it has to tell.
pub(super) async fn save_with(
    store: &SealedStore,
    place: Place,
    alarm: &AlarmRecord,
    before: Option<Revision>,
    item: Option<&HistoryItem>,
    untold: &[Untold],
) -> Result<(), WatchFault> {
    let path = alarm_path(place, &alarm.name)?;
    let guard = match before {
        Some(revision) => Guard::Unchanged(path.clone(), revision),
        None => Guard::Absent(path.clone()),
    };
    let mut writes = vec![put_json(path, alarm)?];
    if let Some(item) = item {
        writes.extend(history_writes(store, place, item).await?);
    }
    for untold in untold {
        writes.push(untold.write(place)?);
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
        writes.extend(history_writes(store, place, item).await?);
    }
    guarded(store, guards, writes).await
}

pub(super) async fn guarded(
    store: &SealedStore,
    guards: Vec<Guard>,
    writes: Vec<Write>,
) -> Result<(), WatchFault> {
    match store.commit(guards, writes).await? {
        Outcome::Committed(_) => Ok(()),
        Outcome::Conflict => Err(WatchFault::Overtaken),
    }
}
