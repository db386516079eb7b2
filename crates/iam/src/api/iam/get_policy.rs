//! GetPolicy: a managed policy, without its text.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::managed::{self, Usable};
use super::member::{ARN, policy_arn};
use super::shape::{Detail, PolicyShape};
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct GetPolicy;

/// A managed policy that a request is about.
pub(super) struct OfPolicy {
    pub arn: PolicyArn,
}

impl OfPolicy {
    /// Takes PolicyArn.
    pub(super) fn take(mut members: Members<'_>) -> Result<OfPolicy, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let arn = members.finish(arn)?;
        Ok(OfPolicy { arn: policy_arn(&arn)? })
    }

    /// Shows it in a record.
    pub(super) fn show(&self) -> Shown {
        Shown::new().text("policyArn", &self.arn.to_string())
    }
}

impl Operation for GetPolicy {
    const FACTS: Facts = Facts::read("GetPolicy");
    type Request = OfPolicy;
    type Response = PolicyShape;

    fn parse(members: Members<'_>) -> Result<OfPolicy, Fault> {
        OfPolicy::take(members)
    }

    fn shown(request: &OfPolicy) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfPolicy) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:GetPolicy", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfPolicy) -> Result<PolicyShape, Fault> {
        let (account, partition) = (call.account(), call.partition());
        let policy = managed::usable(api, account, &request.arn).await?.ok_or_else(managed::not_found)?;
        let uses = managed::uses(api, account, policy.id()).await?.record;
        Ok(match policy {
            Usable::Own(row) => PolicyShape::own(row.record, uses, account, partition, Detail::Full),
            Usable::Aws(policy, _) => PolicyShape::aws(policy, uses, partition, Detail::Full),
        })
    }

    fn write(found: &PolicyShape, xml: &mut Xml) {
        xml.element("Policy", |xml| found.write(xml));
    }
}
