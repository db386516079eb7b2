//! The Regions that a multi-Region key is in, and which of its keys the others follow.

use claviger_names::Region;
use claviger_store::TRANSACTION_LIMIT_STEPS;
use serde::{Deserialize, Serialize};

use super::{Imported, Key, KeyRecord, MaterialRecord, Presence};
use crate::fault::Fault;

/// Most Regions of one key: a rotation is one transaction, with a guard, a record and a material for each of them and
/// two notes of when the next is due.
pub(crate) const REGIONS_PER_KEY_MAX: usize = (TRANSACTION_LIMIT_STEPS - 2) / 3;

/// What a key is to the others of its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MultiRegionKeyType {
    Primary,
    Replica,
}

impl MultiRegionKeyType {
    /// The type's name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            MultiRegionKeyType::Primary => "PRIMARY",
            MultiRegionKeyType::Replica => "REPLICA",
        }
    }

    /// The type of this name.
    pub(crate) fn of_name(name: &str) -> Option<MultiRegionKeyType> {
        [MultiRegionKeyType::Primary, MultiRegionKeyType::Replica]
            .into_iter()
            .find(|each| each.name() == name)
    }
}

/// The Regions of a multi-Region key. Every key of the set records the same, and one commit changes all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegionSet {
    /// Where the key is that the others follow.
    pub primary: Region,
    /// Where the others are, in order.
    pub replicas: Vec<Region>,
}

impl RegionSet {
    /// A primary without replicas.
    pub(crate) fn alone(primary: Region) -> RegionSet {
        RegionSet { primary, replicas: Vec::new() }
    }

    /// What the key in this Region is.
    pub(crate) fn role(&self, region: Region) -> MultiRegionKeyType {
        match region == self.primary {
            true => MultiRegionKeyType::Primary,
            false => MultiRegionKeyType::Replica,
        }
    }

    /// All of them, the primary's first.
    pub(crate) fn regions(&self) -> impl Iterator<Item = Region> {
        std::iter::once(self.primary).chain(self.replicas.iter().copied())
    }

    /// Whether the set has a key in this Region.
    pub(crate) fn contains(&self, region: Region) -> bool {
        self.regions().any(|each| each == region)
    }

    /// The set with one replica more.
    pub(crate) fn with(&self, replica: Region) -> RegionSet {
        let mut set = self.clone();
        set.replicas.push(replica);
        set.replicas.sort_unstable();
        set
    }

    /// The set without this replica.
    pub(crate) fn without(&self, replica: Region) -> RegionSet {
        let mut set = self.clone();
        set.replicas.retain(|each| *each != replica);
        set
    }

    /// The set once the replica in this Region is the primary, and the primary a replica.
    pub(crate) fn led_by(&self, successor: Region) -> RegionSet {
        RegionSet { primary: successor, ..self.without(successor).with(self.primary) }
    }
}

impl KeyRecord {
    /// This record, once what the keys of a set have in common is as the primary has it. Which of the imported materials
    /// are here, and until when, is each key's own.
    pub(crate) fn following(&self, primary: &KeyRecord) -> KeyRecord {
        let mut record = KeyRecord {
            materials: primary.materials.iter().map(|material| self.own(material)).collect(),
            pending_material: primary.pending_material.as_ref().map(|material| self.own(material)),
            rotation: primary.rotation,
            multi_region: primary.multi_region.clone(),
            ..self.clone()
        };
        record.state = record.state_of_materials();
        record
    }

    fn own(&self, material: &MaterialRecord) -> MaterialRecord {
        let here = self.all_materials().find(|own| own.id == material.id);
        let presence = here.and_then(MaterialRecord::presence).unwrap_or(Presence::Absent);
        let imported = material.imported.clone().map(|imported| Imported { presence, ..imported });
        MaterialRecord { imported, ..material.clone() }
    }
}

impl Key {
    /// What it is to the other keys of its set; none of a key that is in one Region for ever.
    pub(crate) fn role(&self) -> Option<MultiRegionKeyType> {
        self.record.multi_region.as_ref().map(|set| set.role(self.place.region))
    }

    /// The set of a multi-Region key that the others follow; refuses every other key.
    pub(crate) fn check_primary(&self) -> Result<&RegionSet, Fault> {
        match &self.record.multi_region {
            Some(set) if set.primary == self.place.region => Ok(set),
            Some(_) | None => Err(self.not_primary()),
        }
    }

    /// The record of this key after it lost materials: with a replica, what waits is listed until its primary gives it up.
    pub(crate) fn after_loss(&self, mut record: KeyRecord) -> KeyRecord {
        if self.check_not_replica().is_err() && record.pending_material.is_none() {
            let waiting = self.record.pending_material.as_ref();
            record.pending_material = waiting.map(|waiting| waiting.absent());
        }
        record
    }

    /// Refuses a replica: what is asked of it is asked of its primary.
    pub(crate) fn check_not_replica(&self) -> Result<(), Fault> {
        match self.role() {
            Some(MultiRegionKeyType::Replica) => Err(self.not_primary()),
            Some(MultiRegionKeyType::Primary) | None => Ok(()),
        }
    }

    fn not_primary(&self) -> Fault {
        Fault::Unsupported(Some(format!("{} is not a multi-region primary key.", self.arn).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn a_set_names_each_region_once_and_in_order() {
        let set = RegionSet::alone(region("us-east-1")).with(region("us-west-2")).with(region("eu-west-1"));
        assert_eq!(set.replicas, [region("eu-west-1"), region("us-west-2")]);
        assert_eq!(set.role(region("us-east-1")), MultiRegionKeyType::Primary);
        assert_eq!(set.role(region("eu-west-1")), MultiRegionKeyType::Replica);
        assert!(set.contains(region("us-west-2")) && !set.contains(region("sa-east-1")));
        assert_eq!(set.without(region("eu-west-1")).replicas, [region("us-west-2")]);
    }

    #[test]
    fn who_hands_over_becomes_a_replica_and_gets_it_back_unchanged() {
        let set = RegionSet::alone(region("us-east-1")).with(region("us-west-2")).with(region("eu-west-1"));
        let led = set.led_by(region("us-west-2"));
        assert_eq!(led.primary, region("us-west-2"));
        assert_eq!(led.replicas, [region("eu-west-1"), region("us-east-1")]);
        assert_eq!(led.led_by(region("us-east-1")), set);
    }

    #[test]
    fn every_region_of_today_fits_into_one_set() {
        assert!(claviger_names::COMMERCIAL_REGIONS.len() <= REGIONS_PER_KEY_MAX);
    }
}
