//! GetEventSelectors: every trail delivers all management events.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::CloudTrail;
use super::reference::Reference;

pub(super) struct GetEventSelectors;

impl Operation for GetEventSelectors {
    const FACTS: Facts = Facts::read("GetEventSelectors", "cloudtrail:GetEventSelectors");
    type Api = CloudTrail;
    type Request = Reference;

    fn parse(members: Members<'_>) -> Result<Reference, Fault> {
        Reference::only("TrailName", members)
    }

    fn shown(trail: &Reference) -> Shown {
        trail.shown("trailName")
    }

    fn asks(call: &Call<'_>, trail: &Reference) -> Result<Vec<Ask>, Fault> {
        Ok(trail.asks(Self::FACTS.action, call))
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, trail: &Reference) -> Result<Done, Fault> {
        let trail = trail.find(&api.store, call).await?.value;
        let none = || Answer::List(Vec::new());
        let selector = Answer::structure()
            .with("ReadWriteType", "All")
            .with("IncludeManagementEvents", true)
            .with("DataResources", none())
            .with("ExcludeManagementEventSources", none());
        let answer = Answer::structure()
            .with("TrailARN", trail.id.arn())
            .with("EventSelectors", Answer::List(vec![selector]));
        Ok(Done::answered(answer))
    }
}
