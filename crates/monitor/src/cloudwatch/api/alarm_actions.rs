//! EnableAlarmActions and DisableAlarmActions: whether alarms tell anybody.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::delete_alarms::{names, shown};
use super::member::{ask, place};
use crate::cloudwatch::CloudWatch;
use crate::cloudwatch::alarm::{self, Configuration, configured, milliseconds};

pub(super) struct EnableAlarmActions;
pub(super) struct DisableAlarmActions;

async fn set(
    cloudwatch: &CloudWatch,
    call: &Call<'_>,
    names: &[Box<str>],
    enabled: bool,
) -> Result<Done, Fault> {
    for name in names {
        let stored = alarm::load(&cloudwatch.store, place(call), name).await?;
        let Some(stored) = stored.filter(|stored| stored.record.actions_enabled != enabled) else { continue };
        let mut record = stored.record;
        record.actions_enabled = enabled;
        record.configured_at = milliseconds(call.now());
        let item = configured(&record, Configuration::Updated, record.configured_at);
        alarm::save(&cloudwatch.store, place(call), &record, Some(stored.revision), Some(&item)).await?;
    }
    Ok(Done::silently())
}

impl Operation for EnableAlarmActions {
    const FACTS: Facts = Facts::write("EnableAlarmActions", "cloudwatch:EnableAlarmActions").without_output();
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
        set(cloudwatch, call, names, true).await
    }
}

impl Operation for DisableAlarmActions {
    const FACTS: Facts =
        Facts::write("DisableAlarmActions", "cloudwatch:DisableAlarmActions").without_output();
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
        set(cloudwatch, call, names, false).await
    }
}
