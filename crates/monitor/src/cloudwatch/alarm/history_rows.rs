//! Where the history of alarms is stored, the newest first.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/alarm-history/{when}` | [`HistoryItem`] as JSON |
//! | `{account}/{region}/alarm-history-of/{alarm}/{when}` | nothing: which of them are of one alarm |
//!
//! `{when}` counts milliseconds, and items within one, backward.

use std::sync::atomic::{AtomicU32, Ordering};

use claviger_clock::{SignedDuration, Timestamp};
use claviger_seal::{SealedStore, Write};
use claviger_store::{Path, SCAN_LIMIT_ENTRIES, Span, TRANSACTION_LIMIT_STEPS};

use super::history::HistoryItem;
use super::rows::name_part;
use crate::WatchFault;
use crate::place::{Place, put, put_json, read_json, readable, scan_all};

/// How long history is kept.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Most items that are kept of an alarm: the oldest make room for new ones.
pub(crate) const ITEMS_PER_ALARM_MAX: usize = 500;

/// Most items that make room for one, more than one so that a limit that was lowered is come to.
const DELETED_AT_ONCE: usize = 2;

/// Most writes of one item.
pub(crate) const WRITES_PER_ITEM_MAX: usize = 2 + 2 * DELETED_AT_ONCE;

/// Later than every moment, in milliseconds.
const LAST_MILLISECOND: i64 = 999_999_999_999_999;

/// Items that are read at once: each has up to 5 kB.
const PAGE_ITEMS: usize = 256;
const _: () = assert!(PAGE_ITEMS <= SCAN_LIMIT_ENTRIES);

/// Tells items of one millisecond apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

fn backward(at: Timestamp) -> i64 {
    LAST_MILLISECOND - at.as_millisecond().clamp(0, LAST_MILLISECOND)
}

fn item_path(place: Place, when: &str) -> Result<Path, WatchFault> {
    place.path(format_args!("alarm-history/{when}"))
}

fn note_path(place: Place, alarm: &str, when: &str) -> Result<Path, WatchFault> {
    place.path(format_args!("alarm-history-of/{}/{when}", name_part(alarm)?))
}

/// The last two parts of a path.
fn when(path: &Path) -> &str {
    let text = path.as_str();
    text.rmatch_indices('/').nth(1).map_or("", |(at, _)| &text[at + 1..])
}

/// What adds to the history of an alarm, and makes room for it.
pub(crate) async fn history_writes(
    store: &SealedStore,
    place: Place,
    item: &HistoryItem,
) -> Result<Vec<Write>, WatchFault> {
    let number = u32::MAX - NUMBER.fetch_add(1, Ordering::Relaxed);
    let new = format!("{:015}/{number:010}", backward(item.at));
    let mut writes = vec![
        put_json(item_path(place, &new)?, item)?,
        Write::put(note_path(place, &item.alarm, &new)?, Vec::new()),
    ];
    let notes = place.span(&format!("alarm-history-of/{}/", name_part(&item.alarm)?));
    let notes = scan_all(store, notes).await?;
    let oldest = notes.iter().skip(ITEMS_PER_ALARM_MAX - 1).rev();
    for note in oldest.take(DELETED_AT_ONCE) {
        writes.push(Write::Delete(item_path(place, when(&note.path))?));
        writes.push(Write::Delete(note.path.clone()));
    }
    Ok(writes)
}

/// Which items of a history are asked for, and how many come before them.
pub(crate) struct Asked<'a> {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub from: usize,
    pub items: usize,
    pub ascending: bool,
    pub is_asked_for: &'a (dyn Fn(&HistoryItem) -> bool + Sync),
}

/// Those items, and whether there are more behind them. However long the history, no more than that is held at once.
pub(crate) async fn find_history(
    store: &SealedStore,
    place: Place,
    asked: &Asked<'_>,
) -> Result<(Vec<HistoryItem>, bool), WatchFault> {
    let behind = asked.from.saturating_add(asked.items);
    if !asked.ascending {
        let (found, count) = part(store, place, asked, (asked.from, behind)).await?;
        return Ok((found, count > behind));
    }
    let (_, count) = part(store, place, asked, (usize::MAX, usize::MAX)).await?;
    let wanted = (count.saturating_sub(behind), count.saturating_sub(asked.from));
    let (mut found, _) = part(store, place, asked, wanted).await?;
    found.reverse();
    Ok((found, count > behind))
}

/// The items of a part of the history, and how many there are at least until one behind the part.
async fn part(
    store: &SealedStore,
    place: Place,
    asked: &Asked<'_>,
    (from, behind): (usize, usize),
) -> Result<(Vec<HistoryItem>, usize), WatchFault> {
    let (mut found, mut count, mut rest) = (Vec::new(), 0, span(place, asked)?);
    loop {
        let page = store.scan(rest.clone(), PAGE_ITEMS).await?;
        for item in page.iter().filter_map(|entry| readable(read_json::<HistoryItem>(entry))) {
            if (asked.is_asked_for)(&item) {
                count += 1;
                found.extend((from < count && count <= behind).then_some(item));
            }
        }
        match page.last().filter(|_| page.len() == PAGE_ITEMS && count <= behind) {
            Some(last) => rest = rest.after(&last.path),
            None => return Ok((found, count)),
        }
    }
}

/// What lies between two moments, both of which count.
fn span(place: Place, asked: &Asked<'_>) -> Result<Span, WatchFault> {
    let end = asked.end.map_or(0, backward);
    let start = asked.start.map_or(LAST_MILLISECOND, backward);
    let [from, behind] = [format!("{end:015}"), format!("{start:015}~")];
    Ok(Span::between(&item_path(place, &from)?, &item_path(place, &behind)?))
}

/// Forgets history that is older than it is kept.
pub(crate) async fn sweep_history(
    store: &SealedStore,
    place: Place,
    now: Timestamp,
) -> Result<(), WatchFault> {
    let oldest = now.saturating_sub(HISTORY).unwrap_or(now);
    let behind = item_path(place, &format!("{:015}~", backward(oldest)))?;
    loop {
        let page =
            store.scan(place.span("alarm-history/").after(&behind), TRANSACTION_LIMIT_STEPS / 2).await?;
        if page.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::new();
        for entry in page {
            if let Some(item) = readable(read_json::<HistoryItem>(&entry)) {
                writes.push(Write::Delete(note_path(place, &item.alarm, when(&entry.path))?));
            }
            writes.push(Write::Delete(entry.path));
        }
        put(store, writes).await?;
    }
}
