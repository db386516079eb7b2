//! UpdatePrimaryRegion: a replica becomes the primary, and the primary a replica.

use std::borrow::Cow;

use claviger_audit::{Resource, ResourceKind, Shown};
use claviger_names::Region;
use claviger_wire::Members;
use serde::Serialize;

use super::member::{KEY_ID, REGION};
use super::replica::check_region;
use super::{Facts, Operation, States};
use crate::fault::{Fault, Missing};
use crate::gate::{Handover, Permit, RegionAsk, Stated};
use crate::keyspace::{Changes, Duty};
use crate::kms::Kms;
use crate::model::{Key, KeyRecord, Place};
use crate::pipeline::{Elsewhere, Told};
use crate::quota::RequestQuota;

pub(crate) struct UpdatePrimaryRegion;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    region: Region,
}

/// Nothing that the caller is told.
#[derive(Serialize)]
pub(crate) struct Response {
    /// As the request named it.
    #[serde(skip)]
    key: String,
    #[serde(skip)]
    region: Region,
    #[serde(skip)]
    successor: Resource,
}

impl Operation for UpdatePrimaryRegion {
    const FACTS: Facts =
        Facts { states: States::Enabled, ..Facts::of_key("UpdatePrimaryRegion", "kms:UpdatePrimaryRegion") }
            .telling_key();
    type Scope = Handover;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let region = members.required_text("PrimaryRegion", &REGION);
        members.finish(())?;
        Ok(Request { key, region: region.parse().map_err(Fault::internal)? })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<RegionAsk<'r>, Fault> {
        Ok(RegionAsk { key: &request.key, region: request.region, stated: Stated::default() })
    }

    fn shown(request: &Request<'_>) -> Shown {
        show(&request.key, request.region)
    }

    fn told(Response { key, region, successor }: &Response) -> Told {
        Told::default().with_record(Elsewhere {
            event_name: UpdatePrimaryRegion::FACTS.name,
            region: *region,
            shown: show(key, *region).done(),
            response_elements: None,
            resource: successor.clone(),
        })
    }

    fn counts_in(request: &Request<'_>) -> Option<(Region, RequestQuota, u32)> {
        RequestQuota::of_operation(UpdatePrimaryRegion::FACTS.name).map(|quota| (request.region, quota, 1))
    }

    fn fits(_: &Request<'_>, Handover { primary, .. }: &Handover) -> Result<(), Fault> {
        primary.check_primary().map(|_| ())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, Handover>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let Handover { primary, successor } = permit.scope();
        let set = primary.check_primary()?;
        let place = Place { region: request.region, ..primary.place };
        check_region(kms, primary, place)?;
        let Some(successor) = successor else { return Err(no_successor(primary, place)) };
        let multi_region = Some(set.led_by(place.region));
        let record = KeyRecord { multi_region, ..primary.record.clone() };
        // Both keys as they were when the gate let this through.
        let changes = Changes::new().while_unchanged(successor);
        let mut changes = kms.change_set(changes, primary, &record).await?;
        // What is due for the set is due where its primary is.
        if let Some(rotation) = record.rotation {
            changes = changes.unschedule(Duty::Rotate, primary, rotation.next).schedule(
                Duty::Rotate,
                successor,
                rotation.next,
            );
        }
        kms.commit(changes).await?;
        let arn = successor.arn.clone();
        let successor = Resource { account: place.account, arn, kind: ResourceKind::Key };
        Ok(Response { key: request.key.to_string(), region: place.region, successor })
    }
}

fn show(key: &str, region: Region) -> Shown {
    Shown::new().text("keyId", key).text("primaryRegion", region.as_str())
}

fn no_successor(primary: &Key, place: Place) -> Fault {
    match place.region == primary.place.region {
        true => Fault::Unsupported(Some(format!("{} is the primary key already.", primary.arn).into())),
        false => {
            let arn = primary.record.id.arn(place.account, place.region);
            Fault::NotFound(Missing::Key(arn.into()))
        }
    }
}
