//! The values of all metrics: what is new in memory, and the last two weeks in the sealed store.
//!
//! | path | value |
//! |---|---|
//! | `{account}/{region}/series/{id}` | [`SeriesRecord`] as JSON: what the id stands for |
//! | `{account}/{region}/datapoints/{id}/{hour}` | the minutes of that hour |
//! | `-/-/monitor/position` | where in the trail the metrics stand, written with them |

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use claviger_audit::Position;
use claviger_crypto::Random;
use claviger_names::AccountId;
use claviger_seal::{SealedStore, Write};
use claviger_store::{Path, Span, TRANSACTION_LIMIT_STEPS};
use futures_util::lock::Mutex as Gate;
use serde::{Deserialize, Serialize};

use super::minutes::{MINUTES_PER_HOUR, Minutes};
use super::series::{Evicted, OfAccount, Series};
use super::{Metric, SeriesName, StatisticSet, Unit};
use crate::WatchFault;
use crate::place::{Place, Places, put, put_json, read_json, scan_all};

/// Most series that are kept of an account: those that were not written for longest make room for new ones.
pub const SERIES_MAX: usize = 10_000;

/// How long values of one minute are kept, in hours: 15 days, as CloudWatch does.
pub(crate) const RETENTION_HOURS: i64 = 15 * 24;

/// Hours that are written in one commit, each with its series.
const HOURS_PER_COMMIT: usize = (TRANSACTION_LIMIT_STEPS - 1) / 2;

/// Where the position is stored.
const POSITION_PATH: &str = "-/-/monitor/position";

/// The metrics of a node.
pub(crate) struct MetricStore {
    store: Arc<SealedStore>,
    random: Arc<dyn Random>,
    places: Arc<Places>,
    held: Mutex<Held>,
    /// Held while values go from memory to the store, so that nobody reads them twice or not at all.
    gate: Gate<()>,
    series_max: usize,
}

#[derive(Default)]
struct Held {
    /// By account, so that none takes the room of another.
    accounts: HashMap<AccountId, OfAccount>,
    evicted: Vec<Evicted>,
    position: Option<Position>,
    written: Option<Position>,
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
                let SeriesRecord { metric, unit, last_hour } = read_json(&entry)?;
                let Place { account, region } = place;
                let id = last_part(&entry.path).and_then(|id| u64::from_str_radix(id, 16).ok());
                let name = SeriesName { account, region, metric, unit };
                let Held { accounts, evicted, .. } = &mut held;
                let series = accounts.entry(account).or_default().entry(name, series_max, evicted);
                (series.id, series.last_hour) = (id, last_hour);
            }
        }
        let position = store.read(&position_path()?).await?;
        let position =
            position.and_then(|entry| std::str::from_utf8(entry.value.expose()).ok()?.parse().ok());
        (held.position, held.written) = (position, position);
        Ok(MetricStore { store, random, places, held: Mutex::new(held), gate: Gate::new(()), series_max })
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
        let _gate = self.gate.lock().await;
        let (first, last) = (from.div_euclid(MINUTES_PER_HOUR), until.div_euclid(MINUTES_PER_HOUR));
        let (id, pending) = match self.held().find(name) {
            None => return Ok(BTreeMap::new()),
            Some(series) => {
                let pending =
                    series.pending.range(first..=last).map(|(hour, minutes)| (*hour, minutes.clone()));
                (series.id, pending.collect::<Vec<_>>())
            }
        };
        let mut hours: BTreeMap<i64, Minutes> = BTreeMap::new();
        if let Some(id) = id {
            let span =
                Span::between(&hour_path(name.place(), id, first)?, &hour_path(name.place(), id, last + 1)?);
            for entry in scan_all(&self.store, span).await? {
                let unreadable = || WatchFault::Unreadable(entry.path.clone());
                let hour =
                    last_part(&entry.path).and_then(|hour| hour.parse().ok()).ok_or_else(unreadable)?;
                hours.insert(hour, Minutes::parse(entry.value.expose()).ok_or_else(unreadable)?);
            }
        }
        for (hour, minutes) in pending {
            hours.entry(hour).or_default().merge(&minutes);
        }
        let all = hours.iter().flat_map(|(hour, minutes)| minutes.of_hour(*hour));
        Ok(all.filter(|(minute, _)| (from..until).contains(minute)).collect())
    }

    /// Writes what is new. What could not be written is tried again the next time.
    pub(crate) async fn write(&self) -> Result<(), WatchFault> {
        let _gate = self.gate.lock().await;
        let (unwritten, evicted, position) = self.take()?;
        let mut rest = &unwritten[..];
        let mut result = Ok(());
        while result.is_ok() && (!rest.is_empty() || self.is_behind(position)) {
            let (chunk, behind) = rest.split_at(rest.len().min(HOURS_PER_COMMIT));
            let reached = position.filter(|_| behind.is_empty());
            result = self.write_chunk(chunk, reached).await;
            if result.is_ok() {
                rest = behind;
            }
        }
        self.give_back(rest);
        for (place, id) in evicted {
            self.delete(place.span(&format!("datapoints/{id:016x}/"))).await?;
            put(&self.store, vec![Write::Delete(series_path(place, id)?)]).await?;
        }
        result
    }

    fn is_behind(&self, position: Option<Position>) -> bool {
        self.held().written != position
    }

    /// Takes out what is to be written.
    #[expect(clippy::type_complexity, reason = "three lists that one lock gives")]
    fn take(&self) -> Result<(Vec<Unwritten>, Vec<Evicted>, Option<Position>), WatchFault> {
        let mut held = self.held();
        // Nothing is taken out before all of it has a place to go to.
        for (_, series) in held.accounts.values_mut().flat_map(OfAccount::iter_mut) {
            if series.id.is_none() {
                series.id = Some(random_id(&*self.random)?);
            }
        }
        let mut unwritten = Vec::new();
        for (name, series) in held.accounts.values_mut().flat_map(OfAccount::iter_mut) {
            let (Some(id), last_hour) = (series.id, series.last_hour) else { continue };
            for (hour, minutes) in std::mem::take(&mut series.pending) {
                unwritten.push(Unwritten { name: name.clone(), id, last_hour, hour, minutes });
            }
        }
        Ok((unwritten, std::mem::take(&mut held.evicted), held.position))
    }

    fn give_back(&self, unwritten: &[Unwritten]) {
        let mut held = self.held();
        for Unwritten { name, hour, minutes, .. } in unwritten {
            if let Some(series) = held.accounts.get_mut(&name.account).and_then(|all| all.find_mut(name)) {
                series.pending.entry(*hour).or_default().merge(minutes);
            }
        }
    }

    async fn write_chunk(&self, chunk: &[Unwritten], position: Option<Position>) -> Result<(), WatchFault> {
        let mut writes = BTreeMap::new();
        for Unwritten { name, id, last_hour, hour, minutes } in chunk {
            let place = name.place();
            self.places.note(&self.store, place).await?;
            let path = hour_path(place, *id, *hour)?;
            let stored = self.store.read(&path).await?;
            let mut all = stored.and_then(|entry| Minutes::parse(entry.value.expose())).unwrap_or_default();
            all.merge(minutes);
            writes.insert(path.clone(), Write::put(path, all.bytes()));
            let record = SeriesRecord { metric: name.metric.clone(), unit: name.unit, last_hour: *last_hour };
            let path = series_path(place, *id)?;
            writes.insert(path.clone(), put_json(path, &record)?);
        }
        if let Some(position) = position {
            let path = position_path()?;
            writes.insert(path.clone(), Write::put(path, position.to_string().into_bytes()));
        }
        put(&self.store, writes.into_values().collect()).await?;
        if position.is_some() {
            self.held().written = position;
        }
        Ok(())
    }

    /// Removes what is older than it is kept, as of an hour counted from 1970.
    pub(crate) async fn sweep(&self, now_hour: i64) -> Result<(), WatchFault> {
        let oldest = now_hour - RETENTION_HOURS;
        let mut swept = Vec::new();
        for of_account in self.held().accounts.values_mut() {
            of_account.retain(|name, series| {
                swept.extend(series.id.map(|id| (name.place(), id, series.last_hour)));
                series.last_hour >= oldest || !series.pending.is_empty()
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

fn position_path() -> Result<Path, WatchFault> {
    Ok(Path::parse(POSITION_PATH)?)
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
