//! EnableRule and DisableRule.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::Named;
use crate::events::EventBridge;
use crate::events::rule::RuleState;

pub(super) struct EnableRule;

pub(super) struct DisableRule;

impl Operation for EnableRule {
    const FACTS: Facts = Facts::write("EnableRule", "events:EnableRule").without_output();
    type Api = EventBridge;
    type Request = Named;

    fn parse(members: Members<'_>) -> Result<Named, Fault> {
        parse(members)
    }

    fn shown(rule: &Named) -> Shown {
        rule.shown("name")
    }

    fn asks(call: &Call<'_>, rule: &Named) -> Result<Vec<Ask>, Fault> {
        Ok(vec![rule.ask(call, Self::FACTS.action)?])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, rule: &Named) -> Result<Done, Fault> {
        switch(api, call, rule, RuleState::Enabled).await
    }
}

impl Operation for DisableRule {
    const FACTS: Facts = Facts::write("DisableRule", "events:DisableRule").without_output();
    type Api = EventBridge;
    type Request = Named;

    fn parse(members: Members<'_>) -> Result<Named, Fault> {
        parse(members)
    }

    fn shown(rule: &Named) -> Shown {
        rule.shown("name")
    }

    fn asks(call: &Call<'_>, rule: &Named) -> Result<Vec<Ask>, Fault> {
        Ok(vec![rule.ask(call, Self::FACTS.action)?])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, rule: &Named) -> Result<Done, Fault> {
        switch(api, call, rule, RuleState::Disabled).await
    }
}

fn parse(mut members: Members<'_>) -> Result<Named, Fault> {
    let rule = Named::take(&mut members, "Name");
    Ok(members.finish(rule)?)
}

/// A rule that takes events again takes none from before; one that never stopped stays as it is.
async fn switch(api: &EventBridge, call: &Call<'_>, rule: &Named, state: RuleState) -> Result<Done, Fault> {
    let bus = rule.bus(call)?;
    let found = rule.find(api, bus).await?;
    let mut record = found.record;
    let was_enabled = record.state != RuleState::Disabled;
    if was_enabled != (state != RuleState::Disabled) {
        record.state = state;
        record.since = call.now().as_second();
        api.rules.put(bus, &rule.name, &record, Some(found.revision)).await?;
    }
    Ok(Done::silently())
}
