//! StopLogging: a trail delivers what happened until now.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::CloudTrail;
use super::reference::Reference;
use super::settings::Census;
use crate::keyspace;

pub(super) struct StopLogging;

impl Operation for StopLogging {
    const FACTS: Facts = Facts::write("StopLogging", "cloudtrail:StopLogging");
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
        let census = Census::of(&api.store, call.account()).await?;
        let mut trail = trail.find_at_home(&api.store, call).await?.value;
        trail.stop(call.now());
        let write = keyspace::put(keyspace::path_of(&trail.id)?, &trail)?;
        census.commit(&api.store, vec![write]).await?;
        Ok(Done::silently())
    }
}
