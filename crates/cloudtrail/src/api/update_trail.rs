//! UpdateTrail: other settings for a trail; it goes on logging, or not, as before.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::CloudTrail;
use super::settings::{Census, Settings, answer, told};
use crate::keyspace;

pub(super) struct UpdateTrail;

impl Operation for UpdateTrail {
    const FACTS: Facts = Facts::write("UpdateTrail", "cloudtrail:UpdateTrail");
    type Api = CloudTrail;
    type Request = Settings;

    fn parse(members: Members<'_>) -> Result<Settings, Fault> {
        Settings::parse(members)
    }

    fn shown(settings: &Settings) -> Shown {
        settings.shown()
    }

    fn asks(call: &Call<'_>, settings: &Settings) -> Result<Vec<Ask>, Fault> {
        Ok(settings.trail.asks(Self::FACTS.action, call))
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, settings: &Settings) -> Result<Done, Fault> {
        let census = Census::of(&api.store, call.account()).await?;
        let mut trail = settings.trail.find_at_home(&api.store, call).await?.value;
        settings.apply(&mut trail, &*api.buckets, call.now())?;
        census.admit(&trail)?;
        let mut writes = vec![keyspace::put(keyspace::path_of(&trail.id)?, &trail)?];
        if trail.validated_since.is_none() {
            // Digests that are made again one day begin anew.
            writes.extend(keyspace::end_chains(&api.store, &trail.id).await?);
        }
        census.commit(&api.store, writes).await?;
        Ok(Done { answer: answer(&trail), told: told(&trail) })
    }
}
