//! DeleteRule: takes away a rule that has no targets any more.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::Named;
use crate::events::EventBridge;

pub(super) struct DeleteRule;

impl Operation for DeleteRule {
    const FACTS: Facts = Facts::write("DeleteRule", "events:DeleteRule").without_output();
    type Api = EventBridge;
    type Request = Named;

    fn parse(mut members: Members<'_>) -> Result<Named, Fault> {
        let rule = Named::take(&mut members, "Name");
        // Says that a rule of a service may go; there is none.
        members.flag("Force");
        Ok(members.finish(rule)?)
    }

    fn shown(rule: &Named) -> Shown {
        rule.shown("name")
    }

    fn asks(call: &Call<'_>, rule: &Named) -> Result<Vec<Ask>, Fault> {
        Ok(vec![rule.ask(call, Self::FACTS.action)?])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, rule: &Named) -> Result<Done, Fault> {
        let bus = rule.bus(call)?;
        let Some(found) = api.rules.find(bus, &rule.name).await? else { return Ok(Done::silently()) };
        if !found.record.targets.is_empty() {
            return Err(Fault::Invalid("Rule can't be deleted since it has targets.".into()));
        }
        api.rules.delete(bus, &rule.name, found.revision).await?;
        Ok(Done::silently())
    }
}
