//! What the operations of CloudWatch Logs work with: groups, and the filters that are in force.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use claviger_seal::SealedStore;

use super::filter::{Filter, Measured};
use super::pattern::LogEvent;
use super::record::{self, Group, GroupRecord};
use crate::WatchFault;
use crate::place::{Place, Places};

/// The log groups of a node, each a name for the records of an account in a Region, and their filters.
pub struct Logs {
    pub(crate) store: Arc<SealedStore>,
    places: Arc<Places>,
    in_force: RwLock<HashMap<Place, Arc<[Filter]>>>,
}

impl Logs {
    pub(crate) async fn open(store: Arc<SealedStore>, places: Arc<Places>) -> Result<Logs, WatchFault> {
        let logs = Logs { store, places, in_force: RwLock::default() };
        for place in logs.places.all() {
            logs.load(place).await?;
        }
        Ok(logs)
    }

    /// Changes a group, or deletes it, if it is still as it was read; from now on its filters are in force.
    pub(crate) async fn save(
        &self,
        place: Place,
        group: &Group,
        record: Option<&GroupRecord>,
    ) -> Result<(), WatchFault> {
        self.places.note(&self.store, place).await?;
        record::save(&self.store, place, group, record).await?;
        self.load(place).await
    }

    async fn load(&self, place: Place) -> Result<(), WatchFault> {
        let groups = record::load_all(&self.store, place).await?;
        let records = groups.iter().flat_map(|group| &group.record.filters);
        // A filter was parsed before it was stored.
        let filters: Vec<Filter> = records.filter_map(|record| Filter::parse(record).ok()).collect();
        let mut in_force = self.in_force.write().unwrap_or_else(PoisonError::into_inner);
        match filters.is_empty() {
            true => drop(in_force.remove(&place)),
            false => drop(in_force.insert(place, filters.into())),
        }
        Ok(())
    }

    /// What an event of a place and minute gives to metrics.
    pub(crate) fn measure(&self, place: Place, text: &str, minute: i64, into: &mut Vec<Measured>) {
        let in_force = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
        let Some(filters) = in_force.get(&place) else { return };
        let event = LogEvent::new(text);
        into.extend(filters.iter().filter_map(|filter| filter.measure(place, &event, minute)));
    }

    /// The default values of the minutes before this one that had events and none that matched.
    pub(crate) fn defaults(&self, before: i64) -> Vec<Measured> {
        let in_force = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
        let each = in_force.iter().flat_map(|(place, filters)| filters.iter().map(|filter| (*place, filter)));
        each.flat_map(|(place, filter)| filter.defaults(place, before)).collect()
    }
}
