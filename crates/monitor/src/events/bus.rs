//! The default event bus of an account in a Region: the only one there is.

use std::fmt::Display;

use claviger_api::{Call, Fault};
use claviger_names::{AccountId, Region};

use super::fault::EventsFault;

/// What it is called.
pub(super) const NAME: &str = "default";

/// The default bus of an account in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bus {
    pub account: AccountId,
    pub region: Region,
}

impl Bus {
    /// The caller's, which a request may name, or give the ARN of.
    pub(super) fn named(call: &Call<'_>, name: Option<&str>) -> Result<Bus, Fault> {
        let bus = Bus { account: call.account(), region: call.region() };
        match name {
            None | Some(NAME) => Ok(bus),
            Some(arn) if arn == bus.arn() => Ok(bus),
            Some(other) => Err(EventsFault::NoBus(last_part(other).into()).into()),
        }
    }

    pub(super) fn arn(self) -> String {
        self.arn_of(format_args!("event-bus/{NAME}"))
    }

    /// The ARN of a rule.
    pub(super) fn rule_arn(self, name: &str) -> String {
        self.arn_of(format_args!("rule/{name}"))
    }

    /// The name of its rule that this ARN is of.
    pub(super) fn rule_of(self, arn: &str) -> Option<&str> {
        let name = arn.rsplit('/').next()?;
        (arn == self.rule_arn(name)).then_some(name)
    }

    fn arn_of(self, resource: impl Display) -> String {
        let Bus { account, region } = self;
        format!("arn:{}:events:{region}:{account}:{resource}", region.partition())
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
