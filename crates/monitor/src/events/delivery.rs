//! From a rule that takes an event to its targets.

use claviger_api::Fault;
use claviger_clock::Timestamp;

use super::bus::Bus;
use super::envelope::Occurrence;
use super::input::Input;
use super::pattern::EventPattern;
use super::rule::{RuleRecord, RuleState, TargetRecord};
use super::template::Filling;
use crate::{Courier, Message};

/// A rule that is ready to be asked.
pub(super) struct ReadyRule {
    name: String,
    arn: String,
    state: RuleState,
    since: Timestamp,
    pattern: EventPattern,
    targets: Vec<ReadyTarget>,
}

struct ReadyTarget {
    id: String,
    arn: String,
    input: Input,
}

impl ReadyRule {
    /// A stored rule, read again.
    pub(super) fn of(bus: Bus, name: String, record: RuleRecord) -> Result<ReadyRule, Fault> {
        let ready = |TargetRecord { id, arn, input, .. }: TargetRecord| {
            Ok(ReadyTarget { input: Input::parse(&input, &id)?, id, arn })
        };
        Ok(ReadyRule {
            arn: bus.rule_arn(&name),
            pattern: EventPattern::parse(&record.pattern).map_err(Fault::internal)?,
            state: record.state,
            since: Timestamp::from_second(record.since).unwrap_or(Timestamp::MAX),
            targets: record.targets.into_iter().map(ready).collect::<Result<_, Fault>>()?,
            name,
        })
    }

    /// Whether anything can come of it.
    pub(super) fn is_idle(&self) -> bool {
        self.state == RuleState::Disabled || self.targets.is_empty()
    }

    /// Whether it is asked about what happened then.
    pub(super) fn is_asked(&self, at: Timestamp, is_only_read: bool) -> bool {
        self.state.is_asked(is_only_read) && at >= self.since
    }

    /// Sends an event to its targets, if it takes it. What cannot be accepted is told in the log and lost.
    pub(super) fn tell(&self, event: &Occurrence, courier: &dyn Courier, now: Timestamp) {
        if !self.is_asked(event.at, event.is_only_read) || !self.pattern.takes(&event.value) {
            return;
        }
        let ingestion_time = now.to_string();
        let filling = Filling {
            event: &event.value,
            rule_arn: &self.arn,
            rule_name: &self.name,
            ingestion_time: &ingestion_time,
        };
        for target in &self.targets {
            let message = Message {
                // No point, which ends the id in what is signed.
                id: format!("{}/{}/{}", event.id, self.name, target.id).replace('.', "~").into(),
                subject: event.detail_type.as_str().into(),
                body: target.input.body(&event.text, &filling).into(),
            };
            if let Err(error) = courier.send(&target.arn, message) {
                let (rule, event, target) = (&self.arn, &event.id, &target.arn);
                tracing::error!(%error, rule, event, target, "an event was not sent");
            }
        }
    }
}
