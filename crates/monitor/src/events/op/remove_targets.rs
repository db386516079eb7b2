//! RemoveTargets: takes targets from a rule.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{ENTRIES, Named, RULE_NAME, told_failures};
use crate::events::EventBridge;

pub(super) struct RemoveTargets;

pub(super) struct Request {
    rule: Named,
    ids: Vec<String>,
}

impl Operation for RemoveTargets {
    const FACTS: Facts = Facts::write("RemoveTargets", "events:RemoveTargets");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let rule = Named::take(&mut members, "Rule");
        let ids = members.texts("Ids", ENTRIES, &RULE_NAME);
        let ids = members.required("Ids", ids).into_iter().map(String::from).collect();
        // Says that a target of a service's rule may go; there is none.
        members.flag("Force");
        Ok(members.finish(Request { rule, ids })?)
    }

    fn shown(request: &Request) -> Shown {
        request.rule.shown("rule").list("ids", request.ids.iter().map(String::as_str))
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![request.rule.ask(call, Self::FACTS.action)?])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let bus = request.rule.bus(call)?;
        let found = request.rule.find(api, bus).await?;
        let mut record = found.record;
        let is_there = |id: &&String| record.targets.iter().any(|target| target.id == **id);
        let missing: Vec<&String> = request.ids.iter().filter(|id| !is_there(id)).collect();
        let failures: Vec<Answer> = missing.iter().map(|id| failure(&request.rule.name, id)).collect();
        if missing.len() < request.ids.len() {
            record.targets.retain(|target| !request.ids.contains(&target.id));
            api.rules.put(bus, &request.rule.name, &record, Some(found.revision)).await?;
        }
        let count = i64::try_from(failures.len()).unwrap_or(i64::MAX);
        let told = Shown::new().number("failedEntryCount", count);
        Ok(Done { answer: told_failures(failures), told })
    }
}

fn failure(rule: &str, id: &str) -> Answer {
    Answer::structure()
        .with("TargetId", id.to_owned())
        .with("ErrorCode", "ResourceNotFoundException")
        .with("ErrorMessage", format!("Rule '{rule}' does not have a target with the Id '{id}'."))
}
