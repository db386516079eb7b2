//! CreateTrail: a trail that does not log yet.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::CloudTrail;
use super::settings::{Census, Settings, answer, told};
use crate::keyspace;
use crate::object_key::suffix;
use crate::trail::{Trail, TrailId};

pub(super) struct CreateTrail;

impl Operation for CreateTrail {
    const FACTS: Facts = Facts::write("CreateTrail", "cloudtrail:CreateTrail");
    type Api = CloudTrail;
    type Request = Settings;

    fn parse(members: Members<'_>) -> Result<Settings, Fault> {
        let settings = Settings::parse(members)?;
        settings.check_new()?;
        Ok(settings)
    }

    fn shown(settings: &Settings) -> Shown {
        settings.shown()
    }

    fn asks(call: &Call<'_>, settings: &Settings) -> Result<Vec<Ask>, Fault> {
        let tags = || settings.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut actions = vec![Self::FACTS.action];
        if !settings.tags.is_empty() {
            actions.push("cloudtrail:AddTags");
        }
        let asks = actions.into_iter().flat_map(|action| settings.trail.asks(action, call));
        Ok(asks.map(|ask| ask.tagging(tags())).collect())
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, settings: &Settings) -> Result<Done, Fault> {
        let census = Census::of(&api.store, call.account()).await?;
        let unique = suffix(&*api.random).map_err(Fault::internal)?;
        let address = settings.trail.address(call);
        let mut trail = Trail {
            id: TrailId { account: address.account, home: address.home, name: address.name, unique },
            bucket: String::new(),
            prefix: None,
            is_multi_region: false,
            has_global_events: true,
            validated_since: None,
            tags: settings.tags.clone(),
            periods: Vec::new(),
        };
        settings.apply(&mut trail, &*api.buckets, call.now())?;
        census.admit(&trail)?;
        let write = keyspace::put(keyspace::path_of(&trail.id)?, &trail)?;
        census.commit(&api.store, vec![write]).await?;
        Ok(Done { answer: answer(&trail), told: told(&trail) })
    }
}
