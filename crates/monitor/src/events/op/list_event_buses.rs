//! ListEventBuses: the default bus, if its name begins as is asked.

use claviger_api::{Answer, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::describe_event_bus::told;
use super::shape::BUS_NAME;
use crate::events::EventBridge;
use crate::events::bus::{self, Bus};
use crate::events::page::Page;

pub(super) struct ListEventBuses;

impl Operation for ListEventBuses {
    const FACTS: Facts = Facts::read("ListEventBuses", "events:ListEventBuses");
    type Api = EventBridge;
    type Request = Option<String>;

    fn parse(mut members: Members<'_>) -> Result<Option<String>, Fault> {
        let prefix = members.text("NamePrefix", &BUS_NAME).map(String::from);
        Page::take(&mut members);
        Ok(members.finish(prefix)?)
    }

    fn shown(prefix: &Option<String>) -> Shown {
        Shown::new().maybe_text("namePrefix", prefix.as_deref())
    }

    async fn run(_: &EventBridge, call: &Call<'_>, prefix: &Option<String>) -> Result<Done, Fault> {
        let bus = Bus::named(call, None)?;
        let is_wanted = bus::NAME.starts_with(prefix.as_deref().unwrap_or_default());
        let buses = is_wanted.then(|| told(bus)).into_iter().collect();
        Ok(Done::answered(Answer::structure().with("EventBuses", Answer::List(buses))))
    }
}
