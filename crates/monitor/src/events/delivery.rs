//! From the rules that take an event to their targets.

use std::future::poll_fn;
use std::task::Poll;

use claviger_api::Fault;
use claviger_clock::Timestamp;
use claviger_names::AccountId;

use super::bus::Bus;
use super::envelope::Occurrence;
use super::input::Input;
use super::pattern::EventPattern;
use super::rule::{RuleRecord, RuleState, TargetRecord};
use super::template::{Filling, TooLong};
use crate::{Courier, MESSAGE_BYTES_MAX, Message, Unsent};

/// Most messages that one event becomes.
const EVENT_MESSAGES_MAX: usize = 300;

/// Most bytes of the bodies of all of them.
const EVENT_BYTES_MAX: usize = 4 << 20;

/// A rule that is ready to be asked.
pub(super) struct ReadyRule {
    account: AccountId,
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
    fn of(bus: Bus, name: String, record: RuleRecord) -> Result<ReadyRule, Fault> {
        let ready = |TargetRecord { id, arn, input, .. }: TargetRecord| {
            Ok(ReadyTarget { input: Input::parse(&input, &id)?, id, arn })
        };
        Ok(ReadyRule {
            account: bus.account,
            arn: bus.rule_arn(&name),
            pattern: EventPattern::parse(&record.pattern).map_err(Fault::internal)?,
            state: record.state,
            since: Timestamp::from_second(record.since).unwrap_or(Timestamp::MAX),
            targets: record.targets.into_iter().map(ready).collect::<Result<_, Fault>>()?,
            name,
        })
    }

    /// Whether anything can come of it.
    fn is_idle(&self) -> bool {
        self.state == RuleState::Disabled || self.targets.is_empty()
    }

    /// Whether it is asked about what happened then.
    pub(super) fn is_asked(&self, at: Timestamp, is_only_read: bool) -> bool {
        self.state.is_asked(is_only_read) && at >= self.since
    }

    fn takes(&self, event: &Occurrence) -> bool {
        self.is_asked(event.at, event.is_only_read) && self.pattern.takes(&event.value)
    }

    fn tell(&self, event: &Occurrence, round: &mut Round<'_>) {
        let filling = Filling {
            event: &event.value,
            text: &event.text,
            frame: &event.frame,
            rule_arn: &self.arn,
            rule_name: &self.name,
            ingestion_time: &round.ingestion_time.clone(),
        };
        for target in &self.targets {
            // No point, which ends the id in what is signed.
            let id = || format!("{}/{}/{}", event.id, self.name, target.id).replace('.', "~").into();
            let message = |body: String| Message {
                account: self.account,
                id: id(),
                subject: event.detail_type.as_str().into(),
                body: body.into(),
            };
            round.send(&target.arn, || target.input.body(&filling).map(message));
        }
    }
}

/// The rules that can be asked. What is stored and cannot be used is told in the log.
pub(super) async fn ready(bus: Bus, rules: Vec<(String, RuleRecord)>) -> Vec<ReadyRule> {
    let (mut ready, mut unusable) = (Vec::new(), 0);
    for (name, record) in rules {
        match ReadyRule::of(bus, name, record) {
            Ok(rule) if rule.is_idle() => {}
            Ok(rule) => ready.push(rule),
            Err(_) => unusable += 1,
        }
        breathe().await;
    }
    if unusable > 0 {
        tracing::error!(account = %bus.account, region = %bus.region, unusable, "stored rules cannot be used");
    }
    ready
}

/// Sends an event to the targets of the rules that take it. What cannot be accepted is told in the log and lost.
pub(super) async fn tell(rules: &[ReadyRule], event: &Occurrence, courier: &dyn Courier, now: Timestamp) {
    let mut round = Round {
        courier,
        ingestion_time: now.to_string(),
        messages_left: EVENT_MESSAGES_MAX,
        bytes_left: EVENT_BYTES_MAX,
        lost: Lost::default(),
    };
    for rule in rules {
        if rule.takes(event) {
            rule.tell(event, &mut round);
        }
        breathe().await;
    }
    round.lost.report(event);
}

/// What becomes of one event.
struct Round<'a> {
    courier: &'a dyn Courier,
    ingestion_time: String,
    messages_left: usize,
    bytes_left: usize,
    lost: Lost,
}

/// How many messages of an event were not sent, by the reason. What a destination has no room for it says itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lost {
    beyond_limits: usize,
    too_long: usize,
    unknown_destination: usize,
}

impl Round<'_> {
    /// Sends what is made, if there may be more of this event.
    fn send(&mut self, arn: &str, make: impl FnOnce() -> Result<Message, TooLong>) {
        if self.messages_left == 0 || self.bytes_left == 0 {
            self.lost.beyond_limits += 1;
            return;
        }
        let made = make();
        // What became too long has cost as much.
        let bytes = made.as_ref().map_or(MESSAGE_BYTES_MAX, |message| message.body.len());
        self.messages_left -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        match made.map_or(Err(Unsent::TooLong), |message| self.courier.send(arn, message)) {
            Ok(()) | Err(Unsent::Full | Unsent::NotKept) => {}
            Err(Unsent::TooLong) => self.lost.too_long += 1,
            Err(Unsent::Unknown) => self.lost.unknown_destination += 1,
        }
    }
}

impl Lost {
    fn report(&self, event: &Occurrence) {
        if *self == Lost::default() {
            return;
        }
        let Lost { beyond_limits, too_long, unknown_destination } = self;
        let (event, account) = (&event.id, event.value["account"].as_str());
        tracing::error!(
            event,
            account,
            beyond_limits,
            too_long,
            unknown_destination,
            "messages of an event were not sent"
        );
    }
}

/// Lets others have their turn: what an account does with its rules keeps nobody else waiting.
async fn breathe() {
    let mut has_waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
