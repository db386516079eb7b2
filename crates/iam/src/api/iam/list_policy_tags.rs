//! ListPolicyTags: the tags of a managed policy.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::managed;
use super::member::{ARN, policy_arn};
use super::page::{Listed, Page};
use super::shape::{self, TagPair};
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct ListPolicyTags;

pub(super) struct Request {
    arn: PolicyArn,
    page: Page,
}

impl Operation for ListPolicyTags {
    const FACTS: Facts = Facts::read("ListPolicyTags");
    type Request = Request;
    type Response = Listed<TagPair>;

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
        Ok(vec![managed::ask(api, call, "iam:ListPolicyTags", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<TagPair>, Fault> {
        let row = managed::changeable(api, call, &request.arn).await?;
        shape::page_of_tags(&request.page, "ListPolicyTags", &row.record.tags)
    }

    fn write(listed: &Listed<TagPair>, xml: &mut Xml) {
        listed.write(xml, "Tags", shape::write_tag);
    }
}
