//! DescribeEventBus: the default bus.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{BUS_NAME, ask};
use crate::events::EventBridge;
use crate::events::bus::{self, Bus};

pub(super) struct DescribeEventBus;

impl Operation for DescribeEventBus {
    const FACTS: Facts = Facts::read("DescribeEventBus", "events:DescribeEventBus");
    type Api = EventBridge;
    type Request = Option<String>;

    fn parse(mut members: Members<'_>) -> Result<Option<String>, Fault> {
        let name = members.text("Name", &BUS_NAME).map(String::from);
        Ok(members.finish(name)?)
    }

    fn shown(name: &Option<String>) -> Shown {
        Shown::new().maybe_text("name", name.as_deref())
    }

    fn asks(call: &Call<'_>, name: &Option<String>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(Self::FACTS.action, Bus::named(call, name.as_deref())?.arn())])
    }

    async fn run(_: &EventBridge, call: &Call<'_>, name: &Option<String>) -> Result<Done, Fault> {
        Ok(Done::answered(told(Bus::named(call, name.as_deref())?)))
    }
}

/// A bus as lists and descriptions tell it.
pub(super) fn told(bus: Bus) -> Answer {
    Answer::structure().with("Name", bus::NAME).with("Arn", bus.arn())
}
