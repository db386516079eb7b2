//! UntagPolicy: tags of a managed policy go.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::managed;
use super::member::{self, ARN, policy_arn};
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct UntagPolicy;

pub(super) struct Request {
    arn: PolicyArn,
    keys: Vec<String>,
}

impl Operation for UntagPolicy {
    const FACTS: Facts = Facts::write("UntagPolicy").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let keys = member::tag_keys(&mut members);
        let (arn, keys) = members.finish((arn, keys))?;
        Ok(Request { arn: policy_arn(&arn)?, keys })
    }

    fn shown(request: &Request) -> Shown {
        let shown = Shown::new().text("policyArn", &request.arn.to_string());
        shown.list("tagKeys", request.keys.iter().map(String::as_str))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let ask = managed::ask(api, call, "iam:UntagPolicy", &request.arn).await?;
        Ok(vec![ask.with_many("aws:TagKeys", request.keys.iter().map(String::as_str))])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = managed::changeable(api, call, &request.arn).await?;
        for key in &request.keys {
            row.record.tags.remove(key);
        }
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
