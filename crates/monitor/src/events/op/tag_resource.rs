//! TagResource: adds tags to a rule.

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::{ARN, add_tags, ask, rule_of_arn, shown_tags, take_tags};
use crate::events::EventBridge;

pub(super) struct TagResource;

pub(super) struct Request {
    arn: String,
    tags: Vec<(String, String)>,
}

impl Operation for TagResource {
    const FACTS: Facts = Facts::write("TagResource", "events:TagResource");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("ResourceARN", &ARN).into_owned();
        let tags = take_tags(&mut members);
        let tags = members.required("Tags", tags);
        Ok(members.finish(Request { arn, tags })?)
    }

    fn shown(request: &Request) -> Shown {
        shown_tags(Shown::new().text("resourceARN", &request.arn), &request.tags)
    }

    fn asks(_: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let tags = request.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        Ok(vec![ask(Self::FACTS.action, request.arn.clone()).tagging(tags)])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let (bus, rule) = rule_of_arn(call, &request.arn)?;
        let found = rule.find(api, bus).await?;
        let mut record = found.record;
        add_tags(&mut record.tags, &request.tags)?;
        api.rules.put(bus, &rule.name, &record, Some(found.revision)).await?;
        Ok(Done::silently())
    }
}
