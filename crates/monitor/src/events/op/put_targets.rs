//! PutTargets: where a rule sends events; a target of the same id is replaced.

use std::collections::BTreeMap;

use claviger_api::{Ask, Call, Done, Facts, Fault, Operation, Shown};
use claviger_wire::{Members, TextRule};

use super::shape::{ARN, ENTRIES, Named, RULE_NAME, told_failures};
use crate::events::EventBridge;
use crate::events::bus::Bus;
use crate::events::fault::EventsFault;
use crate::events::input::{Input, InputRecord};
use crate::events::rule::TargetRecord;

/// Most targets of a rule, as AWS's quota.
const TARGETS_MAX: usize = 5;

/// Most names of an input transformer.
const PATHS_MAX: usize = 100;

/// What only targets of AWS's own services have, and what destinations do by themselves.
const FOREIGN: [&str; 11] = [
    "KinesisParameters",
    "RunCommandParameters",
    "EcsParameters",
    "BatchParameters",
    "SqsParameters",
    "HttpParameters",
    "RedshiftDataParameters",
    "SageMakerPipelineParameters",
    "DeadLetterConfig",
    "RetryPolicy",
    "AppSyncParameters",
];

const INPUT: TextRule = TextRule::length(0, 8192);
const INPUT_PATH: TextRule = TextRule::length(0, 256);
const TEMPLATE: TextRule = TextRule::length(1, 8192);

pub(super) struct PutTargets;

pub(super) struct Request {
    rule: Named,
    targets: Vec<Sent>,
}

/// A target as it was sent.
struct Sent {
    id: String,
    arn: String,
    role_arn: Option<String>,
    inputs: Vec<InputRecord>,
    foreign: Option<&'static str>,
}

impl Operation for PutTargets {
    const FACTS: Facts = Facts::write("PutTargets", "events:PutTargets");
    type Api = EventBridge;
    type Request = Request;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let rule = Named::take(&mut members, "Rule");
        let targets = members.structures("Targets", Sent::take);
        let targets = members.required("Targets", targets);
        members.counted("Targets", &targets, ENTRIES);
        Ok(members.finish(Request { rule, targets })?)
    }

    fn shown(request: &Request) -> Shown {
        let shown = |target: &Sent| {
            let shown = Shown::new().text("id", &target.id).text("arn", &target.arn);
            shown.maybe_text("roleArn", target.role_arn.as_deref())
        };
        request.rule.shown("rule").objects("targets", request.targets.iter().map(shown))
    }

    fn asks(call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let arns = request.targets.iter().map(|target| target.arn.as_str());
        Ok(vec![request.rule.ask(call, Self::FACTS.action)?.with_many("events:TargetArn", arns)])
    }

    async fn run(api: &EventBridge, call: &Call<'_>, request: &Request) -> Result<Done, Fault> {
        let bus = request.rule.bus(call)?;
        let found = request.rule.find(api, bus).await?;
        let mut record = found.record;
        for sent in &request.targets {
            let target = sent.checked(api, bus)?;
            record.targets.retain(|other| other.id != target.id);
            record.targets.push(target);
        }
        if record.targets.len() > TARGETS_MAX {
            return Err(EventsFault::TooMany.into());
        }
        record.targets.sort_by(|one, other| one.id.cmp(&other.id));
        api.rules.put(bus, &request.rule.name, &record, Some(found.revision)).await?;
        let told = Shown::new().number("failedEntryCount", 0).list("failedEntries", []);
        Ok(Done { answer: told_failures(Vec::new()), told })
    }
}

impl Sent {
    fn take(members: &mut Members<'_>) -> Sent {
        let id = members.required_text("Id", &RULE_NAME).into_owned();
        let arn = members.required_text("Arn", &ARN).into_owned();
        let role_arn = members.text("RoleArn", &ARN).map(String::from);
        let constant = members.text("Input", &INPUT).map(|input| InputRecord::Constant(input.into_owned()));
        let path = members.text("InputPath", &INPUT_PATH).map(|path| InputRecord::Path(path.into_owned()));
        let template = members.structure("InputTransformer", |transformer| {
            let paths = transformer.map("InputPathsMap").into_iter();
            let paths: BTreeMap<_, _> = paths.map(|(name, path)| (name.into(), path.into())).collect();
            let template = transformer.required_text("InputTemplate", &TEMPLATE).into_owned();
            InputRecord::Template { paths, template }
        });
        let inputs = [constant, path, template].into_iter().flatten().collect();
        let foreign = FOREIGN.into_iter().find(|name| members.structure(name, |_| ()).is_some());
        Sent { id, arn, role_arn, inputs, foreign }
    }

    /// The target as it is stored, if it is one.
    fn checked(&self, api: &EventBridge, bus: Bus) -> Result<TargetRecord, Fault> {
        let id = &self.id;
        let invalid = |text: String| Err(Fault::Invalid(text.into()));
        if let Some(foreign) = self.foreign {
            return invalid(format!("Parameter {foreign} is not supported for target {id}."));
        }
        if !api.courier.knows(&self.arn, bus.account, bus.region.as_str()) {
            let arn = &self.arn;
            return invalid(format!(
                "Parameter {arn} is not valid. Reason: There is no such destination for target {id}."
            ));
        }
        let input = match self.inputs.as_slice() {
            [] => InputRecord::Event,
            [input] => input.clone(),
            _ => {
                return invalid(format!(
                    "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
                ));
            }
        };
        if matches!(&input, InputRecord::Template { paths, .. } if paths.len() > PATHS_MAX) {
            return Err(EventsFault::TooMany.into());
        }
        Input::parse(&input, id)?;
        Ok(TargetRecord { id: id.clone(), arn: self.arn.clone(), role_arn: self.role_arn.clone(), input })
    }
}
