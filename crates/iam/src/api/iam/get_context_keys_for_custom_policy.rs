//! GetContextKeysForCustomPolicy: the condition keys that policies of the request ask for.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::simulation::{self, Source};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct GetContextKeysForCustomPolicy;

impl Operation for GetContextKeysForCustomPolicy {
    const FACTS: Facts = Facts::read("GetContextKeysForCustomPolicy");
    type Request = Vec<String>;
    type Response = Vec<String>;

    fn parse(mut members: Members<'_>) -> Result<Vec<String>, Fault> {
        let policies = simulation::take_policies(&mut members);
        let policies = members.required(simulation::POLICY_INPUT, policies);
        Ok(members.finish(policies)?)
    }

    fn shown(_: &Vec<String>) -> Shown {
        Shown::new()
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Vec<String>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("iam:GetContextKeysForCustomPolicy")])
    }

    async fn run(_: &Api, _: &Call<'_>, policies: &Vec<String>) -> Result<Vec<String>, Fault> {
        simulation::context_keys(&Source::of_list(simulation::POLICY_INPUT, policies))
    }

    fn write(keys: &Vec<String>, xml: &mut Xml) {
        simulation::write_context_keys(keys, xml);
    }
}
