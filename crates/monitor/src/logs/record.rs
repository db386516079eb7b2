//! Log groups and metric filters as they are stored: a row for each group, with its filters.

use claviger_clock::Timestamp;
use claviger_seal::SealedStore;
use claviger_store::{Guard, Outcome, Path, Revision};
use serde::{Deserialize, Serialize};

use crate::WatchFault;
use crate::cloudwatch::Unit;
use crate::place::{Place, put_json, read_json, readable, scan_all};

/// The group that every account has in every Region.
pub const DEFAULT_GROUP: &str = "/aws/cloudtrail/claviger";

/// A log group: a name for the records of its account and Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub created: Timestamp,
    pub filters: Vec<FilterRecord>,
}

/// A metric filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FilterRecord {
    pub name: Box<str>,
    pub pattern: Box<str>,
    pub transformation: Transformation,
    pub created: Timestamp,
}

/// What becomes of an event that matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Transformation {
    pub metric_name: Box<str>,
    pub namespace: Box<str>,
    pub value: Box<str>,
    pub default: Option<f64>,
    pub dimensions: Vec<(Box<str>, Box<str>)>,
    pub unit: Option<Unit>,
}

/// A log group, and the commit that it is the state of; none where the default group was never changed.
#[derive(Clone)]
pub(crate) struct Group {
    pub name: Box<str>,
    pub record: GroupRecord,
    pub revision: Option<Revision>,
}

impl Group {
    /// A group that is not stored yet.
    pub(crate) fn new(name: &str, created: Timestamp) -> Group {
        Group { name: name.into(), record: GroupRecord { created, filters: Vec::new() }, revision: None }
    }
}

fn group_path(place: Place, name: &str) -> Result<Path, WatchFault> {
    place.path(format_args!("log-group/{name}"))
}

/// The groups of a place in the order of their names, the default one among them. One that cannot be read is passed over.
pub(crate) async fn load_all(store: &SealedStore, place: Place) -> Result<Vec<Group>, WatchFault> {
    let mut groups = Vec::new();
    for entry in scan_all(store, place.span("log-group/")).await? {
        let name = entry.path.as_str().split_once("/log-group/").map_or("", |(_, name)| name);
        let Some(record) = readable(read_json(&entry)) else { continue };
        groups.push(Group { name: name.into(), record, revision: Some(entry.revision) });
    }
    if groups.iter().all(|group| &*group.name != DEFAULT_GROUP) {
        groups.push(Group::new(DEFAULT_GROUP, Timestamp::UNIX_EPOCH));
        groups.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(groups)
}

/// Saves a group, or deletes it, if it is still as it was read.
pub(crate) async fn save(
    store: &SealedStore,
    place: Place,
    group: &Group,
    record: Option<&GroupRecord>,
) -> Result<(), WatchFault> {
    let path = group_path(place, &group.name)?;
    let guard = match group.revision {
        Some(revision) => Guard::Unchanged(path.clone(), revision),
        None => Guard::Absent(path.clone()),
    };
    let write = match record {
        Some(record) => put_json(path, record)?,
        None => claviger_seal::Write::Delete(path),
    };
    match store.commit(vec![guard], vec![write]).await? {
        Outcome::Committed(_) => Ok(()),
        Outcome::Conflict => Err(WatchFault::Overtaken),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::logs::Logs;

    /// A group with one filter that counts what matches.
    pub(crate) async fn test_group(
        logs: &Logs,
        place: Place,
        pattern: &str,
        metric_name: &str,
    ) -> Result<(), WatchFault> {
        let group = Group::new("g", Timestamp::UNIX_EPOCH);
        let transformation = Transformation {
            metric_name: metric_name.into(),
            namespace: "CloudTrailLogMetrics".into(),
            value: "1".into(),
            default: None,
            dimensions: Vec::new(),
            unit: None,
        };
        let created = Timestamp::UNIX_EPOCH;
        let filter = FilterRecord { name: "f".into(), pattern: pattern.into(), transformation, created };
        logs.save(place, &group, Some(&GroupRecord { created, filters: vec![filter] })).await
    }
}
