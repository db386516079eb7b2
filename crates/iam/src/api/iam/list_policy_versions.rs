//! ListPolicyVersions: the versions of a managed policy, newest first.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::managed::{self, Usable};
use super::member::{ARN, policy_arn};
use super::page::{Listed, Page};
use super::shape::VersionShape;
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::VersionRecord;

pub(super) struct ListPolicyVersions;

pub(super) struct Request {
    arn: PolicyArn,
    page: Page,
}

impl Operation for ListPolicyVersions {
    const FACTS: Facts = Facts::read("ListPolicyVersions");
    type Request = Request;
    type Response = Listed<VersionShape>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let page = Page::take(&mut members);
        let (arn, page) = members.finish((arn, page))?;
        Ok(Request { arn: policy_arn(&arn)?, page })
    }

    fn shown(request: &Request) -> Shown {
        request.page.show(Shown::new().text("policyArn", &request.arn.to_string()))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:ListPolicyVersions", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<VersionShape>, Fault> {
        let found = managed::usable(api, call.account(), &request.arn).await?;
        let (versions, default) = match found.ok_or_else(managed::not_found)? {
            Usable::Own(row) => (row.record.versions, row.record.default_version),
            Usable::Aws(policy, _) => {
                (vec![VersionRecord { number: policy.version, created: policy.updated_at() }], policy.version)
            }
        };
        let newest_first = versions.into_iter().rev();
        // Names of pages ascend: the newest version has the smallest.
        let name = |version: &VersionRecord| format!("{:010}", u32::MAX - version.number);
        let listed = request.page.of("ListPolicyVersions", newest_first, name)?;
        let shape = |version: VersionRecord| VersionShape {
            version,
            is_default: version.number == default,
            document: None,
        };
        Ok(listed.map(shape))
    }

    fn write(listed: &Listed<VersionShape>, xml: &mut Xml) {
        listed.write(xml, "Versions", |xml, version| version.write(xml));
    }
}
