//! What the requests and answers of several operations have in common.

use std::collections::BTreeMap;

use claviger_api::{Answer, Ask, Call, Fault, Shown};
use claviger_wire::{Bounds, Members, Pattern, TextRule};

use crate::events::EventBridge;
use crate::events::bus::{self, Bus};
use crate::events::fault::EventsFault;
use crate::events::rule::RuleRecord;
use crate::events::rules::StoredRule;

/// Most tags of a rule, as of anything in AWS.
const TAGS_MAX: usize = 50;

const NAME: Pattern = Pattern {
    text: r"[\.\-_A-Za-z0-9]+",
    holds: |text| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    },
};

/// The name of a rule, or the id of a target.
pub(super) const RULE_NAME: TextRule = TextRule::matching(1, 64, NAME);

pub(super) const BUS_NAME: TextRule = TextRule::length(1, 1600);

pub(super) const ARN: TextRule = TextRule::length(1, 1600);

const TAG_KEY: TextRule = TextRule::length(1, 128);

const TAG_VALUE: TextRule = TextRule::length(0, 256);

/// A rule that is named, and the bus it is on.
pub(super) struct Named {
    pub name: String,
    pub bus: Option<String>,
}

impl Named {
    /// Takes the rule's name, under that of its member, and EventBusName.
    pub(super) fn take(members: &mut Members<'_>, member: &str) -> Named {
        let name = members.required_text(member, &RULE_NAME).into_owned();
        Named { name, bus: take_bus(members) }
    }

    pub(super) fn shown(&self, member: &str) -> Shown {
        Shown::new().text(member, &self.name).maybe_text("eventBusName", self.bus.as_deref())
    }

    pub(super) fn bus(&self, call: &Call<'_>) -> Result<Bus, Fault> {
        Bus::named(call, self.bus.as_deref())
    }

    /// `action` on the rule.
    pub(super) fn ask(&self, call: &Call<'_>, action: &'static str) -> Result<Ask, Fault> {
        Ok(ask(action, self.bus(call)?.rule_arn(&self.name)))
    }

    /// The rule, which must be there.
    pub(super) async fn find(&self, api: &EventBridge, bus: Bus) -> Result<StoredRule, Fault> {
        let found = api.rules.find(bus, &self.name).await?;
        found.ok_or_else(|| EventsFault::NoRule(self.name.as_str().into()).into())
    }
}

/// `action` on what this is the ARN of.
pub(super) fn ask(action: &'static str, arn: String) -> Ask {
    Ask::new(action, arn.as_str(), arn.as_str())
}

/// Takes EventBusName.
pub(super) fn take_bus(members: &mut Members<'_>) -> Option<String> {
    members.text("EventBusName", &BUS_NAME).map(String::from)
}

/// A rule of the caller's that is given by its ARN.
pub(super) fn rule_of_arn(call: &Call<'_>, arn: &str) -> Result<(Bus, Named), Fault> {
    let bus = Bus::named(call, None)?;
    let name = bus.rule_of(arn).ok_or_else(|| {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
        EventsFault::NoRule(resource.rsplit('/').next().unwrap_or_default().into())
    })?;
    Ok((bus, Named { name: name.to_owned(), bus: None }))
}

/// Takes Tags.
pub(super) fn take_tags(members: &mut Members<'_>) -> Option<Vec<(String, String)>> {
    members.structures("Tags", |tag| {
        let key = tag.required_text("Key", &TAG_KEY).into_owned();
        (key, tag.required_text("Value", &TAG_VALUE).into_owned())
    })
}

pub(super) fn shown_tags(shown: Shown, tags: &[(String, String)]) -> Shown {
    shown.objects("tags", tags.iter().map(|(key, value)| Shown::new().text("key", key).text("value", value)))
}

/// Adds tags to those that there are.
pub(super) fn add_tags(tags: &mut BTreeMap<String, String>, new: &[(String, String)]) -> Result<(), Fault> {
    let is_twice = |at: usize| new[..at].iter().any(|(key, _)| *key == new[at].0);
    if (0..new.len()).any(is_twice) {
        return Err(Fault::Invalid("Invalid parameter: Duplicated keys are not allowed.".into()));
    }
    tags.extend(new.iter().cloned());
    if tags.len() > TAGS_MAX { Err(EventsFault::TooMany.into()) } else { Ok(()) }
}

/// A rule as lists and descriptions tell it.
pub(super) fn told_rule(bus: Bus, name: &str, record: RuleRecord) -> Answer {
    Answer::structure()
        .with("Name", name.to_owned())
        .with("Arn", bus.rule_arn(name))
        .with("EventPattern", record.pattern)
        .with("State", record.state.name())
        .maybe("Description", record.description)
        .maybe("RoleArn", record.role_arn)
        .with("EventBusName", bus::NAME)
}

/// What is told of the entries of a list that failed: none did, or these.
pub(super) fn told_failures(failures: Vec<Answer>) -> Answer {
    let count = i64::try_from(failures.len()).unwrap_or(i64::MAX);
    Answer::structure().with("FailedEntryCount", count).with("FailedEntries", Answer::List(failures))
}

/// From 1 to 100 entries of a list.
pub(super) const ENTRIES: Bounds = Bounds::new(1, 100);
