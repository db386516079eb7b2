//! CreateLogGroup: another name for the records of its account and Region.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::member::{GROUP_NAME, ask, place};
use crate::cloudwatch::milliseconds;
use crate::logs::Logs;
use crate::logs::fault::LogsFault;
use crate::logs::record::{self, Group};

/// Most groups of an account in a Region: each adds its filters to what every record costs.
const GROUPS_MAX: usize = 20;

pub(super) struct CreateLogGroup;

impl Operation for CreateLogGroup {
    const FACTS: Facts = Facts::write("CreateLogGroup", "logs:CreateLogGroup").without_output();
    type Api = Logs;
    type Request = String;

    fn parse(mut members: Members<'_>) -> Result<String, Fault> {
        let name = members.required_text("logGroupName", &GROUP_NAME).into_owned();
        Ok(members.finish(name)?)
    }

    fn shown(name: &String) -> Shown {
        Shown::new().text("logGroupName", name)
    }

    fn asks(call: &Call<'_>, name: &String) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(call, Self::FACTS.action, Some(name))])
    }

    async fn run(logs: &Logs, call: &Call<'_>, name: &String) -> Result<Done, Fault> {
        let groups = record::load_all(&logs.store, place(call)).await?;
        if groups.iter().any(|group| *group.name == **name) {
            return Err(LogsFault::GroupExists.into());
        }
        if groups.len() >= GROUPS_MAX {
            return Err(LogsFault::LimitExceeded.into());
        }
        let group = Group::new(name, milliseconds(call.now()));
        logs.save(place(call), &group, Some(&group.record)).await?;
        Ok(Done::silently())
    }
}
