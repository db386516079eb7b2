//! DeleteLogGroup: a group and its filters. The default group is there again, without any.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::member::{GROUP_NAME, ask, place};
use crate::logs::Logs;

pub(super) struct DeleteLogGroup;

impl Operation for DeleteLogGroup {
    const FACTS: Facts = Facts::write("DeleteLogGroup", "logs:DeleteLogGroup").without_output();
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
        let group = super::group(logs, place(call), name).await?;
        logs.save(place(call), &group, None).await?;
        Ok(Done::silently())
    }
}
