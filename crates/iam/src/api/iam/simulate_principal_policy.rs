//! SimulatePrincipalPolicy: what the policies of a user, group or role would decide.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::member::ARN;
use super::page::Listed;
use super::simulation::{self, Evaluation, Named, Scenario, Sent, SentExclusion};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct SimulatePrincipalPolicy;

pub(super) struct Request {
    of: String,
    exclusions: Vec<SentExclusion>,
    sent: Sent,
}

impl Operation for SimulatePrincipalPolicy {
    const FACTS: Facts = Facts::read("SimulatePrincipalPolicy");
    type Request = Request;
    type Response = Listed<Evaluation>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let of = members.required_text("PolicySourceArn", &ARN).into_owned();
        let policies = simulation::take_policies(&mut members).unwrap_or_default();
        let exclusions = simulation::take_exclusions(&mut members);
        let sent = Sent::take(&mut members, policies);
        Ok(members.finish(Request { of, exclusions, sent })?)
    }

    fn shown(request: &Request) -> Shown {
        request.sent.show(Shown::new().text("policySourceArn", &request.of))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Named::read(&request.of)?.ask(api, call, "iam:SimulatePrincipalPolicy").await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<Evaluation>, Fault> {
        let of = Named::read(&request.of)?;
        let held = simulation::without(of.held(api, call).await?, &request.exclusions)?;
        Scenario::read(&request.sent, held, Some(of), call.account())?.evaluate()
    }

    fn write(listed: &Listed<Evaluation>, xml: &mut Xml) {
        simulation::write(listed, xml);
    }
}
