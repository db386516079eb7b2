//! ListRules: the rules of a bus, by name.

use claviger_api::{Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{RULE_NAME, take_bus, told_rule};
use crate::events::EventBridge;
use crate::events::bus::Bus;
use crate::events::page::Page;

pub(super) struct ListRules;

pub(super) struct Request {
    prefix: Option<String>,
    bus: Option<String>,
    page: Page,
}

impl Operation for ListRules {
    const FACTS: Facts = Facts::read("ListRules", "events:ListRules");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let prefix = members.text("NamePrefix", &RULE_NAME).map(String::from);
        let (bus, page) = (take_bus(&mut members), Page::take(&mut members));
        Ok(members.finish(Request { prefix, bus, page })?)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .maybe_text("namePrefix", request.prefix.as_deref())
            .maybe_text("eventBusName", request.bus.as_deref())
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let (bus, after) = (Bus::named(call, request.bus.as_deref())?, request.page.after()?);
        let prefix = request.prefix.as_deref().unwrap_or_default();
        let rules = api.rules.list(bus, prefix, after.as_deref(), request.page.wanted()).await?;
        let tell = |(name, record): (String, _)| told_rule(bus, &name, record);
        Ok(Done::answered(request.page.answer("Rules", rules, |(name, _)| name.clone(), tell)))
    }
}
