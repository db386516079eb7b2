//! ListTagsForResource: the tags of a rule.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{ARN, ask, rule_of_arn};
use crate::events::EventBridge;

pub(super) struct ListTagsForResource;

impl Operation for ListTagsForResource {
    const FACTS: Facts = Facts::read("ListTagsForResource", "events:ListTagsForResource");
    type Api = EventBridge;
    type Request = String;

    fn parse(mut members: Members<'_>) -> Result<String, Fault> {
        let arn = members.required_text("ResourceARN", &ARN).into_owned();
        Ok(members.finish(arn)?)
    }

    fn shown(arn: &String) -> Shown {
        Shown::new().text("resourceARN", arn)
    }

    fn asks(_: &Call<'_>, arn: &String) -> Result<Vec<Ask>, Fault> {
        Ok(vec![ask(Self::FACTS.action, arn.clone())])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, arn: &String) -> Result<Done, Fault> {
        let (bus, rule) = rule_of_arn(call, arn)?;
        let tags = rule.find(api, bus).await?.record.tags.into_iter();
        let told = tags.map(|(key, value)| Answer::structure().with("Key", key).with("Value", value));
        Ok(Done::answered(Answer::structure().with("Tags", Answer::List(told.collect()))))
    }
}
