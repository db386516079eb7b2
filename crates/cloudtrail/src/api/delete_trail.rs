//! DeleteTrail: what was delivered stays, and what waits is delivered still.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_seal::Write;
use claviger_wire::Members;

use super::CloudTrail;
use super::reference::Reference;
use super::settings::Census;
use crate::keyspace;

pub(super) struct DeleteTrail;

impl Operation for DeleteTrail {
    const FACTS: Facts = Facts::write("DeleteTrail", "cloudtrail:DeleteTrail");
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
        let id = trail.find_at_home(&api.store, call).await?.value.id;
        let mut writes =
            vec![Write::Delete(keyspace::path_of(&id)?), Write::Delete(keyspace::status_path(&id)?)];
        writes.extend(keyspace::end_chains(&api.store, &id).await?);
        census.commit(&api.store, writes).await?;
        Ok(Done::silently())
    }
}
