//! DescribeRule: a rule without its targets.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{Named, told_rule};
use crate::events::EventBridge;

pub(super) struct DescribeRule;

impl Operation for DescribeRule {
    const FACTS: Facts = Facts::read("DescribeRule", "events:DescribeRule");
    type Api = EventBridge;
    type Request = Named;

    fn parse(mut members: Members<'_>) -> Result<Named, Fault> {
        let rule = Named::take(&mut members, "Name");
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
        let found = rule.find(api, bus).await?;
        let answer = told_rule(bus, &rule.name, found.record);
        Ok(Done::answered(answer.with("CreatedBy", bus.account.as_str().to_owned())))
    }
}
