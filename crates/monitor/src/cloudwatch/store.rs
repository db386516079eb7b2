//! The values of all metrics: what is new in memory, and the last two weeks in the sealed store.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/series/{id}` | [`SeriesRecord`] as JSON: what the id stands for |
//! | `{account}/{region}/datapoints/{id}/{hour}` | [`StoredHour`] |
//! | `-/-/monitor/position` | [`Progress`] as JSON: where in the trail the metrics stand, written with the last of them |

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use claviger_audit::Position;
use claviger_crypto::Random;
use claviger_names::AccountId;
use claviger_seal::{SealedStore, Write};
use claviger_store::{Path, Span, TRANSACTION_LIMIT_STEPS};
use futures_util::lock::Mutex as Gate;
use serde::{Deserialize, Serialize};

use super::minutes::{MINUTES_PER_HOUR, Minutes, StoredHour};
use super::progress::Progress;
use super::series::{Evicted, OfAccount, Series};
use super::{Metric, SeriesName, StatisticSet, Unit};
use crate::WatchFault;
use crate::place::{Place, Places, put, put_json, read_json, readable, scan_all};

/// Most series that are kept of an account: those that were not written for longest make room for new ones.
pub const SERIES_MAX: usize = 10_000;

/// How long values of one minute are kept, in hours: 15 days, as CloudWatch does.
pub(crate) const RETENTION_HOURS: i64 = 15 * 24;

/// Hours that are written in one commit, each with its series.
const HOURS_PER_COMMIT: usize = (TRANSACTION_LIMIT_STEPS - 2) / 2;

/// The metrics of a node.
pub(crate) struct MetricStore {
    store: Arc<SealedStore>,
    random: Arc<dyn Random>,
    places: Arc<Places>,
    held: Mutex<Held>,
    /// Held while what is new goes to the store, by as many commits as it takes.
    writing: Gate<()>,
    /// Held from the reading of rows to the commit that changes them.
    rows: Gate<()>,
    series_max: usize,
}

#[derive(Default)]
struct Held {
    /// By account, so that none takes the room of another.
    accounts: HashMap<AccountId, OfAccount>,
    evicted: Vec<Evicted>,
    position: Option<Position>,
    progress: Progress,
}

#[derive(Serialize, Deserialize)]
struct SeriesRecord {
    metric: Metric,
    unit: Unit,
    last_hour: i64,
}

/// An hour that is to be written.
struct Unwritten {
    name: SeriesName,
    id: u64,
    last_hour: i64,
    hour: i64,
    minutes: Minutes,
}

impl SeriesName {
    pub(super) fn place(&self) -> Place {
        Place { account: self.account, region: self.region }
    }
}

impl MetricStore {
    /// What is stored, and room for so many series of an account.
    pub(crate) async fn open(
        store: Arc<SealedStore>,
        random: Arc<dyn Random>,
        places: Arc<Places>,
        series_max: usize,
    ) -> Result<MetricStore, WatchFault> {
        let mut held = Held::default();
        for place in places.all() {
            for entry in scan_all(&store, place.span("series/")).await? {
                let Some(SeriesRecord { metric, unit, last_hour }) = readable(read_json(&entry)) else {
                    continue;
                };
                let Place { account, region } = place;
                let id = last_part(&entry.path).and_then(|id| u64::from_str_radix(id, 16).ok());
                let name = SeriesName { account, region, metric, unit };
                let Held { accounts, evicted, .. } = &mut held;
                let series = accounts.entry(account).or_default().entry(name, series_max, evicted);
                (series.id, series.last_hour) = (id, last_hour);
            }
        }
        held.progress = Progress::load(&store).await?;
        held.position = held.progress.position();
        let (held, writing, rows) = (Mutex::new(held), Gate::new(()), Gate::new(()));
        Ok(MetricStore { store, random, places, held, writing, rows, series_max })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds values, each to a minute counted from 1970, and remembers how far in the trail they go.
    pub(crate) fn add(
        &self,
        values: impl IntoIterator<Item = (SeriesName, i64, StatisticSet)>,
        position: Option<Position>,
    ) {
        let mut held = self.held();
        let Held { accounts, evicted, .. } = &mut *held;
        for (name, minute, values) in values {
            let hour = minute.div_euclid(MINUTES_PER_HOUR);
            let of_account = accounts.entry(name.account).or_default();
            let series = of_account.entry(name, self.series_max, evicted);
            series.last_hour = series.last_hour.max(hour);
            series.pending.entry(hour).or_default().add(minute, values);
        }
        held.position = position.or(held.position);
    }

    /// How far in the trail its values go.
    pub(crate) fn position(&self) -> Option<Position> {
        self.held().position
    }

    /// The metrics of a place, each with the newest hour that it has values of.
    pub(crate) fn list(&self, place: Place) -> Vec<(Metric, i64)> {
        let held = self.held();
        let of_account = held.accounts.get(&place.account).into_iter().flat_map(OfAccount::iter);
        let of_place = of_account.filter(|(name, _)| name.region == place.region);
        let mut newest: BTreeMap<&Metric, i64> = BTreeMap::new();
        for (name, series) in of_place {
            let hour = newest.entry(&name.metric).or_insert(series.last_hour);
            *hour = series.last_hour.max(*hour);
        }
        newest.into_iter().map(|(metric, hour)| (metric.clone(), hour)).collect()
    }

    /// The units that a metric has values in, in the order of their names.
    pub(crate) fn units(&self, place: Place, metric: &Metric) -> Vec<Unit> {
        let held = self.held();
        let Place { account, region } = place;
        let mut name = SeriesName { account, region, metric: metric.clone(), unit: Unit::NONE };
        let mut units: Vec<Unit> = Unit::all()
            .filter(|unit| {
                name.unit = *unit;
                held.find(&name).is_some()
            })
            .collect();
        units.sort_unstable_by_key(|unit| unit.as_str());
        units
    }

    /// The minutes of a series from one until another, counted from 1970 and in their order.
    pub(crate) async fn read(
        &self,
        name: &SeriesName,
        from: i64,
        until: i64,
    ) -> Result<BTreeMap<i64, StatisticSet>, WatchFault> {
        loop {
            let (number, minutes) = self.read_once(name, from, until).await?;
            // What a write moved to the store meanwhile would be there twice, or not at all.
            if number == self.held().progress.number() {
                return Ok(minutes);
            }
        }
    }

    /// The same with the number of the write that memory stood at.
    async fn read_once(
        &self,
        name: &SeriesName,
        from: i64,
        until: i64,
    ) -> Result<(u64, BTreeMap<i64, StatisticSet>), WatchFault> {
        let (first, last) = (from.div_euclid(MINUTES_PER_HOUR), until.div_euclid(MINUTES_PER_HOUR));
        let (progress, found) = {
            let held = self.held();
            let in_memory = |series: &Series| {
                let hours = series.writing.range(first..=last).chain(series.pending.range(first..=last));
                (series.id, hours.map(|(hour, minutes)| (*hour, minutes.clone())).collect::<Vec<_>>())
            };
            (held.progress.clone(), held.find(name).map(in_memory))
        };
        let Some((id, in_memory)) = found else { return Ok((progress.number(), BTreeMap::new())) };
        let mut hours = match id {
            Some(id) => self.stored(name.place(), id, (first, last), &progress).await?,
            None => BTreeMap::new(),
        };
        for (hour, minutes) in in_memory {
            hours.entry(hour).or_default().merge(&minutes);
        }
        let all = hours.iter().flat_map(|(hour, minutes)| minutes.of_hour(*hour));
        Ok((progress.number(), all.filter(|(minute, _)| (from..until).contains(minute)).collect()))
    }

    async fn stored(
        &self,
        place: Place,
        id: u64,
        (first, last): (i64, i64),
        progress: &Progress,
    ) -> Result<BTreeMap<i64, Minutes>, WatchFault> {
        let mut hours = BTreeMap::new();
        let span = Span::between(&hour_path(place, id, first)?, &hour_path(place, id, last + 1)?);
        for entry in scan_all(&self.store, span).await? {
            let unreadable = || WatchFault::Unreadable(entry.path.clone());
            let hour = last_part(&entry.path).and_then(|hour| hour.parse().ok()).ok_or_else(unreadable)?;
            let stored = StoredHour::parse(entry.value.expose()).ok_or_else(unreadable)?;
            hours.insert(hour, stored.counted(|write| progress.is_completed(write)));
        }
        Ok(hours)
    }

    /// Writes values at once, none of which is from the trail; when that fails, those of a commit that was not made are
    /// not kept.
    pub(crate) async fn put(&self, values: Vec<(SeriesName, i64, StatisticSet)>) -> Result<(), WatchFault> {
        let mut unwritten: HashMap<(SeriesName, i64), Unwritten> = HashMap::new();
        for (name, minute, values) in values {
            let hour = minute.div_euclid(MINUTES_PER_HOUR);
            let (id, last_hour) = self.stored_as(&name, hour)?;
            let new = || Unwritten { name: name.clone(), id, last_hour, hour, minutes: Minutes::default() };
            unwritten.entry((name.clone(), hour)).or_insert_with(new).minutes.add(minute, values);
        }
        let unwritten: Vec<Unwritten> = unwritten.into_values().collect();
        for chunk in unwritten.chunks(HOURS_PER_COMMIT) {
            self.write_chunk(chunk, None, Vec::new()).await?;
        }
        Ok(())
    }

    /// The id of a series that gets values of an hour, and its newest hour.
    fn stored_as(&self, name: &SeriesName, hour: i64) -> Result<(u64, i64), WatchFault> {
        let new = random_id(&*self.random)?;
        let mut held = self.held();
        let Held { accounts, evicted, .. } = &mut *held;
        let of_account = accounts.entry(name.account).or_default();
        let series = of_account.entry(name.clone(), self.series_max, evicted);
        series.last_hour = series.last_hour.max(hour);
        Ok((*series.id.get_or_insert(new), series.last_hour))
    }

    /// Writes what is new. What could not be written is tried again the next time: it counts when all is.
    pub(crate) async fn write(&self) -> Result<(), WatchFault> {
        let _writing = self.writing.lock().await;
        let (unwritten, evicted, next) = self.take()?;
        let result = match next {
            Some(next) => self.write_all(&unwritten, next).await,
            None => Ok(()),
        };
        for (place, id) in evicted {
            self.delete(place.span(&format!("datapoints/{id:016x}/"))).await?;
            put(&self.store, vec![Write::Delete(series_path(place, id)?)]).await?;
        }
        result
    }

    async fn write_all(&self, unwritten: &[Unwritten], next: Progress) -> Result<(), WatchFault> {
        let chunks = unwritten.len().div_ceil(HOURS_PER_COMMIT).max(1);
        for number in 0..chunks {
            let rest = &unwritten[number * HOURS_PER_COMMIT..];
            let mut also = Vec::new();
            if number == 0 && chunks > 1 {
                also.push(next.begin()?);
            }
            if number + 1 == chunks {
                also.push(next.write()?);
            }
            self.write_chunk(&rest[..rest.len().min(HOURS_PER_COMMIT)], Some(&next), also).await?;
        }
        let mut held = self.held();
        held.progress = next;
        for (_, series) in held.accounts.values_mut().flat_map(OfAccount::iter_mut) {
            series.writing.clear();
        }
        Ok(())
    }

    /// What is to be written, which stays in memory until it is, and what is to be told of it; none if nothing is new.
    #[expect(clippy::type_complexity, reason = "three things that one lock gives")]
    fn take(&self) -> Result<(Vec<Unwritten>, Vec<Evicted>, Option<Progress>), WatchFault> {
        let mut held = self.held();
        let mut unwritten = Vec::new();
        for (name, series) in held.accounts.values_mut().flat_map(OfAccount::iter_mut) {
            if series.id.is_none() {
                series.id = Some(random_id(&*self.random)?);
            }
            for (hour, minutes) in std::mem::take(&mut series.pending) {
                series.writing.entry(hour).or_default().merge(&minutes);
            }
            let (Some(id), last_hour) = (series.id, series.last_hour) else { continue };
            for (hour, minutes) in &series.writing {
                let (hour, minutes) = (*hour, minutes.clone());
                unwritten.push(Unwritten { name: name.clone(), id, last_hour, hour, minutes });
            }
        }
        let is_behind = !unwritten.is_empty() || held.progress.position() != held.position;
        let next = is_behind.then(|| held.progress.next(held.position));
        Ok((unwritten, std::mem::take(&mut held.evicted), next))
    }

    /// Writes hours of a write, or such as count at once, in one commit with what goes with them.
    async fn write_chunk(
        &self,
        chunk: &[Unwritten],
        write: Option<&Progress>,
        also: Vec<Write>,
    ) -> Result<(), WatchFault> {
        let _rows = self.rows.lock().await;
        let progress = self.held().progress.clone();
        let mut writes = BTreeMap::new();
        for Unwritten { name, id, last_hour, hour, minutes } in chunk {
            let place = name.place();
            self.places.note(&self.store, place).await?;
            let path = hour_path(place, *id, *hour)?;
            let stored = self.store.read(&path).await?;
            let mut all =
                stored.and_then(|entry| StoredHour::parse(entry.value.expose())).unwrap_or_default();
            match write {
                Some(next) => {
                    let settled = all.counted(|write| progress.is_completed(write));
                    all = StoredHour { settled, last: minutes.clone(), write: next.number() };
                }
                None => all.settled.merge(minutes),
            }
            writes.insert(path.clone(), Write::put(path, all.bytes()));
            let record = SeriesRecord { metric: name.metric.clone(), unit: name.unit, last_hour: *last_hour };
            let path = series_path(place, *id)?;
            writes.insert(path.clone(), put_json(path, &record)?);
        }
        put(&self.store, writes.into_values().chain(also).collect()).await
    }

    /// Removes what is older than it is kept, as of an hour counted from 1970.
    pub(crate) async fn sweep(&self, now_hour: i64) -> Result<(), WatchFault> {
        let oldest = now_hour - RETENTION_HOURS;
        let mut swept = Vec::new();
        for of_account in self.held().accounts.values_mut() {
            of_account.retain(|name, series| {
                swept.extend(series.id.map(|id| (name.place(), id, series.last_hour)));
                series.last_hour >= oldest || !series.pending.is_empty() || !series.writing.is_empty()
            });
        }
        for (place, id, last_hour) in swept {
            self.delete(Span::between(&hour_path(place, id, 0)?, &hour_path(place, id, oldest)?)).await?;
            if last_hour < oldest {
                put(&self.store, vec![Write::Delete(series_path(place, id)?)]).await?;
            }
        }
        Ok(())
    }

    async fn delete(&self, span: Span) -> Result<(), WatchFault> {
        let entries = scan_all(&self.store, span).await?;
        for chunk in entries.chunks(TRANSACTION_LIMIT_STEPS) {
            put(&self.store, chunk.iter().map(|entry| Write::Delete(entry.path.clone())).collect()).await?;
        }
        Ok(())
    }
}

impl Held {
    fn find(&self, name: &SeriesName) -> Option<&Series> {
        self.accounts.get(&name.account)?.find(name)
    }
}

fn last_part(path: &Path) -> Option<&str> {
    path.as_str().rsplit('/').next()
}

fn series_path(place: Place, id: u64) -> Result<Path, WatchFault> {
    place.path(format_args!("series/{id:016x}"))
}

fn hour_path(place: Place, id: u64, hour: i64) -> Result<Path, WatchFault> {
    place.path(format_args!("datapoints/{id:016x}/{:010}", hour.max(0)))
}

fn random_id(random: &dyn Random) -> Result<u64, WatchFault> {
    let mut bytes = [0; 8];
    random.fill_public(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}
