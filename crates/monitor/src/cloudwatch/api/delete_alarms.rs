//! DeleteAlarms: all of those that are there, or none.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::member::{ALARM_NAME, ALARM_NAMES, ask, place};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::alarm::{self, Configuration, configured, milliseconds};

/// Alarms of one commit, which takes a guard, a deletion and an item of history of each.
const ALARMS_PER_COMMIT: usize = claviger_store::TRANSACTION_LIMIT_STEPS / (2 + alarm::WRITES_PER_ITEM_MAX);

pub(super) struct DeleteAlarms;

/// The names in a request that is about alarms.
pub(super) fn names(mut members: Members<'_>) -> Result<Vec<Box<str>>, Fault> {
    let names = members.texts("AlarmNames", ALARM_NAMES, &ALARM_NAME);
    let names = names.map(|names| names.into_iter().map(|name| name.into_owned().into()).collect());
    let mut names: Vec<Box<str>> = members.required("AlarmNames", names);
    names.sort_unstable();
    names.dedup();
    Ok(members.finish(names)?)
}

pub(super) fn shown(names: &[Box<str>]) -> Shown {
    Shown::new().list("alarmNames", names.iter().map(|name| &**name))
}

impl Operation for DeleteAlarms {
    const FACTS: Facts = Facts::write("DeleteAlarms", "cloudwatch:DeleteAlarms").without_output();
    type Api = CloudWatch;
    type Request = Vec<Box<str>>;

    fn parse(members: Members<'_>) -> Result<Vec<Box<str>>, Fault> {
        names(members)
    }

    fn shown(names: &Vec<Box<str>>) -> Shown {
        shown(names)
    }

    fn asks(call: &Call<'_>, names: &Vec<Box<str>>) -> Result<Vec<Ask>, Fault> {
        Ok(names.iter().map(|name| ask(call, Self::FACTS.action, name)).collect())
    }

    async fn run(cloudwatch: &CloudWatch, call: &Call<'_>, names: &Vec<Box<str>>) -> Result<Done, Fault> {
        let mut alarms = Vec::new();
        for name in names {
            if let Some(stored) = alarm::load(&cloudwatch.store, place(call), name).await? {
                let item = configured(&stored.record, Configuration::Deleted, milliseconds(call.now()));
                alarms.push((stored, item));
            }
        }
        for chunk in alarms.chunks(ALARMS_PER_COMMIT) {
            alarm::delete(&cloudwatch.store, place(call), chunk).await?;
        }
        Ok(Done::silently())
    }
}
