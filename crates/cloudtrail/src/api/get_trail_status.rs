//! GetTrailStatus: whether a trail logs, and how its deliveries went.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_clock::Timestamp;
use claviger_wire::Members;

use super::CloudTrail;
use super::reference::Reference;
use crate::digest::second;
use crate::keyspace::{self, Attempts, Status};
use crate::trail::Trail;

pub(super) struct GetTrailStatus;

impl Operation for GetTrailStatus {
    const FACTS: Facts = Facts::read("GetTrailStatus", "cloudtrail:GetTrailStatus");
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
        let path = keyspace::status_path(&trail.id)?;
        let found = keyspace::read::<Status>(&api.store, &path).await?;
        Ok(Done::answered(answer(&trail, found.map(|found| found.value).unwrap_or_default())))
    }
}

fn answer(trail: &Trail, status: Status) -> Answer {
    let started = trail.periods.last().map(|period| period.from);
    let stopped = trail.periods.iter().rev().find_map(|period| period.until);
    let Attempts { success, attempt, error } = status.log_files;
    let text = |moment: Option<Timestamp>| moment.map(second).unwrap_or_default();
    Answer::structure()
        .with("IsLogging", trail.is_logging())
        .maybe("LatestDeliveryError", error)
        .maybe("LatestDeliveryTime", success)
        .maybe("StartLoggingTime", started)
        .maybe("StopLoggingTime", stopped)
        .maybe("LatestDigestDeliveryTime", status.digests.success)
        .maybe("LatestDigestDeliveryError", status.digests.error)
        .with("LatestDeliveryAttemptTime", text(attempt))
        .with("LatestNotificationAttemptTime", "")
        .with("LatestNotificationAttemptSucceeded", "")
        .with("LatestDeliveryAttemptSucceeded", text(success))
        .with("TimeLoggingStarted", text(started))
        .with("TimeLoggingStopped", text(stopped))
}
