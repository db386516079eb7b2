//! GetContextKeysForPrincipalPolicy: the condition keys that the policies of a user, group or role ask for.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::member::ARN;
use super::simulation::{self, Named, Source};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct GetContextKeysForPrincipalPolicy;

pub(super) struct Request {
    of: String,
    policies: Vec<String>,
}

impl Operation for GetContextKeysForPrincipalPolicy {
    const FACTS: Facts = Facts::read("GetContextKeysForPrincipalPolicy");
    type Request = Request;
    type Response = Vec<String>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let of = members.required_text("PolicySourceArn", &ARN).into_owned();
        let policies = simulation::take_policies(&mut members).unwrap_or_default();
        Ok(members.finish(Request { of, policies })?)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("policySourceArn", &request.of)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Named::read(&request.of)?.ask(api, call, "iam:GetContextKeysForPrincipalPolicy").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<String>, Fault> {
        let mut policies = Named::read(&request.of)?.held(api, call).await?.policies;
        policies.extend(Source::of_list(simulation::POLICY_INPUT, &request.policies));
        simulation::context_keys(&policies)
    }

    fn write(keys: &Vec<String>, xml: &mut Xml) {
        simulation::write_context_keys(keys, xml);
    }
}
