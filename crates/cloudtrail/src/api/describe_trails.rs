//! DescribeTrails: the settings of trails, shadows of multi-Region trails included.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Bounds, Members};

use super::CloudTrail;
use super::reference::{REFERENCE, Reference};
use crate::keyspace::list_trails;
use crate::trail::Trail;

/// References that one request may name.
const REFERENCES_MAX: i64 = 1_000;

pub(super) struct DescribeTrails;

pub(super) struct Request {
    trails: Vec<Reference>,
    has_shadows: Option<bool>,
}

impl Operation for DescribeTrails {
    const FACTS: Facts = Facts::read("DescribeTrails", "cloudtrail:DescribeTrails");
    type Api = CloudTrail;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let names = members.texts("trailNameList", Bounds::new(0, REFERENCES_MAX), &REFERENCE);
        let has_shadows = members.flag("includeShadowTrails");
        let names = members.finish(names)?.unwrap_or_default();
        let trails = names.iter().map(|name| Reference::parse(name)).collect::<Result<_, _>>()?;
        Ok(Request { trails, has_shadows })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .list("trailNameList", request.trails.iter().map(Reference::text))
            .maybe_flag("includeShadowTrails", request.has_shadows)
    }

    fn asks(_: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any(Self::FACTS.action)])
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let has_shadows = request.has_shadows.unwrap_or(true);
        let is_seen =
            |trail: &Trail| trail.id.home == call.region() || (has_shadows && trail.is_multi_region);
        let is_asked_for = |trail: &Trail| {
            request.trails.is_empty() || request.trails.iter().any(|reference| reference.means(trail))
        };
        let trails = list_trails(&api.store, Some(call.account())).await?;
        let told = trails.iter().filter(|trail| is_seen(trail) && is_asked_for(trail)).map(described);
        let answer = Answer::structure().with("trailList", told.collect::<Answer>());
        Ok(Done::answered(answer))
    }
}

/// A trail as GetTrail and DescribeTrails tell it.
pub(super) fn described(trail: &Trail) -> Answer {
    Answer::structure()
        .with("Name", trail.id.name.to_string())
        .with("S3BucketName", trail.bucket.clone())
        .maybe("S3KeyPrefix", trail.prefix.clone())
        .with("IncludeGlobalServiceEvents", trail.has_global_events)
        .with("IsMultiRegionTrail", trail.is_multi_region)
        .with("HomeRegion", trail.id.home.to_string())
        .with("TrailARN", trail.id.arn())
        .with("LogFileValidationEnabled", trail.validated_since.is_some())
        .with("HasCustomEventSelectors", false)
        .with("HasInsightSelectors", false)
        .with("IsOrganizationTrail", false)
}
