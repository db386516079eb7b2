//! PutRule: makes a rule, or changes one; its targets and tags stay.

use std::collections::BTreeMap;

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Members, TextRule};

use super::shape::{ARN, Named, RULE_NAME, add_tags, shown_tags, take_bus, take_tags};
use crate::events::fault::EventsFault;
use crate::events::rule::{RuleRecord, RuleState};
use crate::events::rules::RULES_MAX;
use crate::events::{EventBridge, EventPattern, PATTERN_BYTES_MAX};

pub(super) struct PutRule;

pub(super) struct Request {
    rule: Named,
    schedule: Option<String>,
    pattern: Option<String>,
    state: Option<RuleState>,
    description: Option<String>,
    role_arn: Option<String>,
    tags: Vec<(String, String)>,
}

const PATTERN: TextRule = TextRule::length(0, PATTERN_BYTES_MAX as i64);
const SCHEDULE: TextRule = TextRule::length(0, 256);
const DESCRIPTION: TextRule = TextRule::length(0, 512);

impl Operation for PutRule {
    const FACTS: Facts = Facts::write("PutRule", "events:PutRule");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.required_text("Name", &RULE_NAME).into_owned();
        let request = Request {
            schedule: members.text("ScheduleExpression", &SCHEDULE).map(String::from),
            pattern: members.text("EventPattern", &PATTERN).map(String::from),
            state: members.one_of("State"),
            description: members.text("Description", &DESCRIPTION).map(String::from),
            role_arn: members.text("RoleArn", &ARN).map(String::from),
            tags: take_tags(&mut members).unwrap_or_default(),
            rule: Named { name, bus: take_bus(&mut members) },
        };
        Ok(members.finish(request)?)
    }

    fn shown(request: &Request) -> Shown {
        let shown = request
            .rule
            .shown("name")
            .maybe_text("scheduleExpression", request.schedule.as_deref())
            .maybe_text("eventPattern", request.pattern.as_deref())
            .maybe_text("state", request.state.map(RuleState::name))
            .maybe_text("description", request.description.as_deref())
            .maybe_text("roleArn", request.role_arn.as_deref());
        if request.tags.is_empty() { shown } else { shown_tags(shown, &request.tags) }
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let tags = request.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        Ok(vec![request.rule.ask(call, "events:PutRule")?.tagging(tags)])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let (bus, name, pattern) = (request.rule.bus(call)?, &request.rule.name, checked_pattern(request)?);
        let found = api.rules.find(bus, name).await?;
        let (kept, was) = match found {
            Some(found) => (Some(found.record), Some(found.revision)),
            None if api.rules.all(bus).await?.len() >= RULES_MAX => return Err(EventsFault::TooMany.into()),
            None => (None, None),
        };
        let mut tags = BTreeMap::new();
        add_tags(&mut tags, &request.tags)?;
        let record = RuleRecord {
            pattern: pattern.to_owned(),
            state: request.state.unwrap_or(RuleState::Enabled),
            description: request.description.clone(),
            role_arn: request.role_arn.clone(),
            since: call.now().as_second(),
            // Those of a request count only for a new rule, as at AWS.
            tags: kept.as_ref().map_or(tags, |kept| kept.tags.clone()),
            targets: kept.map(|kept| kept.targets).unwrap_or_default(),
        };
        api.rules.put(bus, name, &record, was).await?;
        let arn = bus.rule_arn(name);
        let told = Shown::new().text("ruleArn", &arn);
        Ok(Done { answer: Answer::structure().with("RuleArn", arn), told })
    }
}

fn checked_pattern(request: &Request) -> Result<&str, Fault> {
    let invalid = |text| Err(Fault::Invalid(std::borrow::Cow::Borrowed(text)));
    match (&request.pattern, &request.schedule) {
        (_, Some(_)) => {
            invalid("Parameter ScheduleExpression is not valid: rules with a schedule are not supported.")
        }
        (None, None) => invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."),
        (Some(pattern), None) => {
            EventPattern::parse(pattern).map_err(EventsFault::from)?;
            Ok(pattern)
        }
    }
}
