//! What the operations on multi-Region keys touch: a primary, and the Region that it is to be in, or to be followed in.

use std::sync::Arc;

use claviger_names::Region;

use super::decide::Call;
use super::scope::{KeyAsk, NoKey, Scope, one_key};
use super::stated::{Particulars, Stated};
use crate::fault::Fault;
use crate::kms::Kms;
use crate::model::{Key, KeyTraits, MultiRegionKeyType, Place};
use crate::op::Facts;
use crate::pipeline::Trace;

/// How a request names a key and another Region.
pub(crate) struct RegionAsk<'r> {
    pub key: &'r str,
    pub region: Region,
    pub stated: Stated<'r>,
}

/// A key that is to be in another Region too.
pub(crate) struct Replicated(pub Arc<Key>);

impl Scope for Replicated {
    type Ask<'r> = RegionAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        RegionAsk { key, region, stated }: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<Replicated, Fault> {
        // That the new key's policy locks nobody out is the creation's to check.
        let of_primary = Stated {
            particulars: Particulars::ReplicaRegion(region.as_str()),
            bypasses_lockout_check: None,
            ..stated
        };
        let primary = one_key(kms, call, facts, KeyAsk::named(key).stating(of_primary), trace).await?;
        // Where no key can be, nobody need be allowed to make one: the request is refused for that.
        if kms.serves(region) && region.partition() == primary.place.region.partition() {
            let creating = Facts { action: "kms:CreateKey", ..*facts };
            let traits = primary.record.traits(primary.place.region);
            let new_key = KeyTraits { multi_region: Some(MultiRegionKeyType::Replica), ..traits };
            let of_replica = Stated { new_key: Some(new_key), ..stated };
            NoKey::admit(kms, &call.in_region(region), &creating, of_replica, trace).await?;
        }
        Ok(Replicated(primary))
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.0)
    }
}

/// A primary, and the replica that is to take its place, if there is one in that Region.
pub(crate) struct Handover {
    pub primary: Arc<Key>,
    pub successor: Option<Arc<Key>>,
}

impl Scope for Handover {
    type Ask<'r> = RegionAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        RegionAsk { key, region, stated }: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<Handover, Fault> {
        let stated = Stated { particulars: Particulars::PrimaryRegion(region.as_str()), ..stated };
        let primary = one_key(kms, call, facts, KeyAsk::named(key).stating(stated), trace).await?;
        let has_replica = primary.check_primary().is_ok_and(|set| set.replicas.contains(&region));
        if !has_replica {
            return Ok(Handover { primary, successor: None });
        }
        let place = Place { region, ..primary.place };
        let successor = kms.key(place, primary.record.id).await?;
        if let Some(successor) = &successor {
            call.in_region(region).decide_on_key(kms, facts, successor, None, stated).await?;
        }
        Ok(Handover { primary, successor })
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.primary).chain(&self.successor)
    }
}
