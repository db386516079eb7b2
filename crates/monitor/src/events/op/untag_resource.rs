//! UntagResource: takes tags from a rule.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Bounds, Members, TextRule};

use super::shape::{ARN, ask, rule_of_arn};
use crate::events::EventBridge;

pub(super) struct UntagResource;

pub(super) struct Request {
    arn: String,
    keys: Vec<String>,
}

const KEYS: Bounds = Bounds::new(0, 200);
const KEY: TextRule = TextRule::length(1, 128);

impl Operation for UntagResource {
    const FACTS: Facts = Facts::write("UntagResource", "events:UntagResource");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("ResourceARN", &ARN).into_owned();
        let keys = members.texts("TagKeys", KEYS, &KEY);
        let keys = members.required("TagKeys", keys).into_iter().map(String::from).collect();
        Ok(members.finish(Request { arn, keys })?)
    }

    fn shown(request: &Request) -> Shown {
        let keys = request.keys.iter().map(String::as_str);
        Shown::new().text("resourceARN", &request.arn).list("tagKeys", keys)
    }

    fn asks(_: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let keys = request.keys.iter().map(String::as_str);
        Ok(vec![ask(Self::FACTS.action, request.arn.clone()).with_many("aws:TagKeys", keys)])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let (bus, rule) = rule_of_arn(call, &request.arn)?;
        let found = rule.find(api, bus).await?;
        let mut record = found.record;
        record.tags.retain(|key, _| !request.keys.contains(key));
        api.rules.put(bus, &rule.name, &record, Some(found.revision)).await?;
        Ok(Done::silently())
    }
}
