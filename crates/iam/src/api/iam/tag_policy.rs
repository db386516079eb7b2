//! TagPolicy: tags are added to a managed policy, or put in place of those of their keys.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{self, ARN, policy_arn};
use super::shape::show_tags;
use super::{managed, tag_entity};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;
use crate::{PolicyArn, Tags};

pub(super) struct TagPolicy;

pub(super) struct Request {
    arn: PolicyArn,
    tags: Tags,
}

impl Operation for TagPolicy {
    const FACTS: Facts = Facts::write("TagPolicy").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let tags = member::tags(&mut members, "Tags");
        let tags = members.required("Tags", tags);
        let arn = members.finish(arn)?;
        Ok(Request { arn: policy_arn(&arn)?, tags: member::tags_of(Some(tags))? })
    }

    fn shown(request: &Request) -> Shown {
        show_tags(Shown::new().text("policyArn", &request.arn.to_string()), &request.tags)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let ask = managed::ask(api, call, "iam:TagPolicy", &request.arn).await?;
        Ok(vec![ask.tagging(request.tags.iter())])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = managed::changeable(api, call, &request.arn).await?;
        tag_entity::add(&mut row.record.tags, &request.tags)?;
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
