//! GetTrail: the settings of one trail.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::CloudTrail;
use super::describe_trails::described;
use super::reference::Reference;

pub(super) struct GetTrail;

impl Operation for GetTrail {
    const FACTS: Facts = Facts::read("GetTrail", "cloudtrail:GetTrail");
    type Api = CloudTrail;
    type Request = Reference;

    fn parse(members: Members<'_>) -> Result<Reference, Fault> {
        Reference::only("Name", members)
    }

    fn shown(trail: &Reference) -> Shown {
        trail.shown("name")
    }

    fn asks(call: &Call<'_>, trail: &Reference) -> Result<Vec<Ask>, Fault> {
        Ok(trail.asks(Self::FACTS.action, call))
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, trail: &Reference) -> Result<Done, Fault> {
        let trail = trail.find(&api.store, call).await?.value;
        Ok(Done::answered(Answer::structure().with("Trail", described(&trail))))
    }
}
