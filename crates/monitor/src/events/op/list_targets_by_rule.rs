//! ListTargetsByRule: where a rule sends events.

use claviger_api::{Answer, Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::Members;

use super::shape::Named;
use crate::events::EventBridge;
use crate::events::input::InputRecord;
use crate::events::page::Page;
use crate::events::rule::TargetRecord;

pub(super) struct ListTargetsByRule;

impl Operation for ListTargetsByRule {
    const FACTS: Facts = Facts::read("ListTargetsByRule", "events:ListTargetsByRule");
    type Api = EventBridge;
    type Request = (Named, Page);

    fn parse(mut members: Members<'_>) -> Result<(Named, Page), Fault> {
        let request = (Named::take(&mut members, "Rule"), Page::take(&mut members));
        Ok(members.finish(request)?)
    }

    fn shown((rule, _): &(Named, Page)) -> Shown {
        rule.shown("rule")
    }

    fn asks(call: &Call<'_>, (rule, _): &(Named, Page)) -> Result<Vec<Ask>, Fault> {
        Ok(vec![rule.ask(call, Self::FACTS.action)?])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, (rule, page): &(Named, Page)) -> Result<Done, Fault> {
        let (bus, after) = (rule.bus(call)?, page.after()?);
        let mut targets = rule.find(api, bus).await?.record.targets;
        targets.retain(|target| after.as_ref().is_none_or(|after| target.id > *after));
        Ok(Done::answered(page.answer("Targets", targets, |target| target.id.clone(), told)))
    }
}

fn told(target: TargetRecord) -> Answer {
    let shape =
        Answer::structure().with("Id", target.id).with("Arn", target.arn).maybe("RoleArn", target.role_arn);
    match target.input {
        InputRecord::Event => shape,
        InputRecord::Constant(json) => shape.with("Input", json),
        InputRecord::Path(path) => shape.with("InputPath", path),
        InputRecord::Template { paths, template } => {
            let paths = paths.into_iter().map(|(name, path)| (name, Answer::from(path))).collect();
            let transformer = Answer::structure().with("InputPathsMap", Answer::Map(paths));
            shape.with("InputTransformer", transformer.with("InputTemplate", template))
        }
    }
}
