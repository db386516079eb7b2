//! ListTrails: the names of an account's trails, in every Region.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::reference::REFERENCE;
use super::{CloudTrail, Refusal};
use crate::keyspace::list_trails;
use crate::trail::Trail;

pub(super) struct ListTrails;

impl Operation for ListTrails {
    const FACTS: Facts = Facts::read("ListTrails", "cloudtrail:ListTrails");
    type Api = CloudTrail;
    /// All trails of an account fit into one answer, so that nobody has a token.
    type Request = ();

    fn parse(mut members: Members<'_>) -> Result<(), Fault> {
        let token = members.text("NextToken", &REFERENCE);
        match members.finish(token)? {
            Some(_) => Err(Refusal::Token.into()),
            None => Ok(()),
        }
    }

    fn shown((): &()) -> Shown {
        Shown::new()
    }

    async fn run(api: &CloudTrail, call: &Call<'_>, (): &()) -> Result<Done, Fault> {
        let trails = list_trails(&api.store, Some(call.account())).await?;
        let answer = Answer::structure().with("Trails", trails.iter().map(listed).collect::<Answer>());
        Ok(Done::answered(answer))
    }
}

fn listed(trail: &Trail) -> Answer {
    Answer::structure()
        .with("TrailARN", trail.id.arn())
        .with("Name", trail.id.name.to_string())
        .with("HomeRegion", trail.id.home.to_string())
}
