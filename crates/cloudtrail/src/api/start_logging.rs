//! StartLogging: a trail delivers what happens from now on.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::CloudTrail;
use super::reference::Reference;

pub(super) struct StartLogging;

impl Operation for StartLogging {
    const FACTS: Facts = Facts::write("StartLogging", "cloudtrail:StartLogging");
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
        trail.change(&api.store, call, |trail| trail.start(call.now())).await
    }
}
