//! SimulateCustomPolicy: what policies of the request would decide.

use claviger_audit::Shown;
use claviger_policy::{Document, Kind, Policy};
use claviger_wire::{Bounds, Members, Xml};

use super::member::DOCUMENT;
use super::page::Listed;
use super::simulation::{self, Evaluation, Held, Scenario, Sent};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::controls::CONTROL_LEVELS_MAX;
use crate::{ControlLevels, VOCABULARY};

pub(super) struct SimulateCustomPolicy;

pub(super) struct Request {
    sent: Sent,
    /// Service control policies, level by level from the organization's root.
    levels: Vec<Vec<String>>,
}

impl Operation for SimulateCustomPolicy {
    const FACTS: Facts = Facts::read("SimulateCustomPolicy");
    type Request = Request;
    type Response = Listed<Evaluation>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let policies = simulation::take_policies(&mut members);
        let policies = members.required(simulation::POLICY_INPUT, policies);
        let levels = take_levels(&mut members);
        let sent = Sent::take(&mut members, policies);
        Ok(members.finish(Request { sent, levels })?)
    }

    fn shown(request: &Request) -> Shown {
        request.sent.show(Shown::new())
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:SimulateCustomPolicy")])
    }

    async fn run(_: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<Evaluation>, Fault> {
        let held = Held { service_control: compiled(&request.levels)?, ..Held::default() };
        Scenario::read(&request.sent, held, None, call.account())?.evaluate()
    }

    fn write(listed: &Listed<Evaluation>, xml: &mut Xml) {
        simulation::write(listed, xml);
    }
}

fn take_levels(members: &mut Members<'_>) -> Vec<Vec<String>> {
    let level = |level: &mut Members<'_>| {
        let texts = level.texts("ServiceControlPolicyInputList", Bounds::new(0, i64::MAX), &DOCUMENT);
        texts.unwrap_or_default().into_iter().map(|text| text.into_owned()).collect()
    };
    let name = "OrderedOrganizationPolicyInputList";
    let levels: Vec<Vec<String>> = members.structures(name, level).unwrap_or_default();
    members.counted(name, &levels, Bounds::new(0, CONTROL_LEVELS_MAX as i64));
    levels
}

fn compiled(levels: &[Vec<String>]) -> Result<ControlLevels, Fault> {
    let policy = |text: &String| {
        let document = Document::parse(text, Kind::ServiceControl)
            .map_err(|fault| Fault::InvalidInput(fault.to_string().into()))?;
        Ok(Policy::compile(&document, "", &VOCABULARY, &|_| None).into())
    };
    let level = |texts: &Vec<String>| texts.iter().map(policy).collect::<Result<Vec<_>, Fault>>();
    Ok(ControlLevels(levels.iter().map(level).collect::<Result<_, _>>()?))
}
