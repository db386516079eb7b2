//! ListRuleNamesByTarget: the rules that send to a target.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{ARN, take_bus};
use crate::events::EventBridge;
use crate::events::bus::Bus;
use crate::events::page::Page;

pub(super) struct ListRuleNamesByTarget;

pub(super) struct Request {
    target: String,
    bus: Option<String>,
    page: Page,
}

impl Operation for ListRuleNamesByTarget {
    const FACTS: Facts = Facts::read("ListRuleNamesByTarget", "events:ListRuleNamesByTarget");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let target = members.required_text("TargetArn", &ARN).into_owned();
        let (bus, page) = (take_bus(&mut members), Page::take(&mut members));
        Ok(members.finish(Request { target, bus, page })?)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("targetArn", &request.target).maybe_text("eventBusName", request.bus.as_deref())
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let (bus, after) = (Bus::named(call, request.bus.as_deref())?, request.page.after()?);
        let rules = api.rules.all(bus).await?.into_iter();
        let names: Vec<String> = rules
            .filter(|(_, record)| record.targets.iter().any(|target| target.arn == request.target))
            .map(|(name, _)| name)
            .filter(|name| after.as_ref().is_none_or(|after| name > after))
            .take(request.page.wanted())
            .collect();
        Ok(Done::answered(request.page.answer("RuleNames", names, String::clone, Answer::from)))
    }
}
