//! The series of one account: as many, and with as long names, as there is room for.

use std::collections::{BTreeMap, HashMap};

use super::SeriesName;
use super::minutes::Minutes;
use crate::place::Place;

/// Most bytes of the names of all series of an account.
const NAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How many make room at once.
const EVICTED_AT_ONCE: usize = 100;

#[derive(Default)]
pub(super) struct Series {
    /// None until it is stored.
    pub id: Option<u64>,
    /// The newest hour that it has values of, counted from 1970.
    pub last_hour: i64,
    /// What is new since the last write began, by hour.
    pub pending: BTreeMap<i64, Minutes>,
    /// What is being written, until that is completed.
    pub writing: BTreeMap<i64, Minutes>,
}

/// A series that made room for others, where it was stored.
pub(super) type Evicted = (Place, u64);

#[derive(Default)]
pub(super) struct OfAccount {
    series: HashMap<SeriesName, Series>,
    name_bytes: usize,
}

impl OfAccount {
    pub(super) fn find(&self, name: &SeriesName) -> Option<&Series> {
        self.series.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&SeriesName, &Series)> {
        self.series.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&SeriesName, &mut Series)> {
        self.series.iter_mut()
    }

    pub(super) fn retain(&mut self, mut stays: impl FnMut(&SeriesName, &Series) -> bool) {
        let name_bytes = &mut self.name_bytes;
        self.series.retain(|name, series| {
            let stays = stays(name, series);
            if !stays {
                *name_bytes -= name.text_bytes();
            }
            stays
        });
    }

    /// The series of this name, which makes room for itself if it is new.
    pub(super) fn entry(
        &mut self,
        name: SeriesName,
        series_max: usize,
        evicted: &mut Vec<Evicted>,
    ) -> &mut Series {
        if !self.series.contains_key(&name) {
            let bytes = name.text_bytes();
            while !self.series.is_empty()
                && (self.series.len() >= series_max || self.name_bytes + bytes > NAME_BYTES_MAX)
            {
                self.evict(evicted);
            }
            self.name_bytes += bytes;
        }
        self.series.entry(name).or_default()
    }

    /// Lets go of those that were not written for longest.
    fn evict(&mut self, evicted: &mut Vec<Evicted>) {
        let mut hours: Vec<i64> = self.series.values().map(|series| series.last_hour).collect();
        let nth = EVICTED_AT_ONCE.min(hours.len()).saturating_sub(1);
        let (_, newest_evicted, _) = hours.select_nth_unstable(nth);
        let (newest_evicted, mut room) = (*newest_evicted, nth + 1);
        self.retain(|name, series| {
            let stays = room == 0 || series.last_hour > newest_evicted;
            if !stays {
                room -= 1;
                evicted.extend(series.id.map(|id| (name.place(), id)));
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Metric, Unit};
    use super::*;

    #[test]
    fn long_names_make_room_for_each_other() {
        let (mut all, mut evicted) = (OfAccount::default(), Vec::new());
        let (account, region) = ("111122223333".parse().unwrap(), "us-east-1".parse().unwrap());
        for number in 0..1_000_i64 {
            let metric = Metric::new("n", &format!("{number:030000}"), Vec::new());
            let name = SeriesName { account, region, metric, unit: Unit::COUNT };
            let series = all.entry(name, 10_000, &mut evicted);
            (series.id, series.last_hour) = (Some(number.cast_unsigned()), number);
        }
        let held = all.iter().map(|(name, _)| name.text_bytes()).sum::<usize>();
        assert_eq!(all.name_bytes, held);
        assert!((NAME_BYTES_MAX / 2..=NAME_BYTES_MAX).contains(&held), "{held}");
        assert!(evicted.iter().any(|(_, id)| *id == 0) && all.iter().count() + evicted.len() == 1_000);
    }
}
