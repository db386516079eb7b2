//! CreatePolicyVersion: another text for a managed policy, in force at once if asked to be.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::document::check_managed;
use super::member::{ARN, DOCUMENT, policy_arn};
use super::shape::VersionShape;
use super::{birth, managed};
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::VersionRecord;
use crate::rows::{Changes, at};

/// Most versions of a policy.
pub(super) const VERSIONS_MAX: usize = 5;

pub(super) struct CreatePolicyVersion;

pub(super) struct Request {
    arn: PolicyArn,
    document: String,
    set_as_default: bool,
}

impl Operation for CreatePolicyVersion {
    const FACTS: Facts = Facts::write("CreatePolicyVersion");
    type Request = Request;
    type Response = VersionShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let document = members.required_text("PolicyDocument", &DOCUMENT).into_owned();
        let set_as_default = members.flag("SetAsDefault").unwrap_or(false);
        let arn = members.finish(arn)?;
        Ok(Request { arn: policy_arn(&arn)?, document, set_as_default })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .text("policyArn", &request.arn.to_string())
            .text("policyDocument", &request.document)
            .flag("setAsDefault", request.set_as_default)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let create = managed::ask(api, call, "iam:CreatePolicyVersion", &request.arn).await?;
        Ok(vec![create])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<VersionShape, Fault> {
        let mut row = managed::changeable(api, call, &request.arn).await?;
        check_managed(&request.document)?;
        let policy = &mut row.record;
        if policy.versions.len() >= VERSIONS_MAX {
            return Err(Fault::LimitExceeded(
                format!(
                    "A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, you \
                     must delete an existing version."
                )
                .into(),
            ));
        }
        let version = VersionRecord { number: policy.next_version, created: call.now() };
        policy.versions.push(version);
        policy.next_version += 1;
        policy.updated = call.now();
        if request.set_as_default {
            policy.default_version = version.number;
        }
        let mut counts = birth::counts(api, call).await?;
        counts.record.policy_versions += 1;
        let text = at::policy_text(call.account(), policy.id, version.number);
        let changes = Changes::new().update(&row).update(&counts);
        api.directory.commit(changes.put_bytes(text, request.document.as_bytes())).await?;
        Ok(VersionShape { version, is_default: request.set_as_default, document: None })
    }

    fn write(created: &VersionShape, xml: &mut Xml) {
        xml.element("PolicyVersion", |xml| created.write(xml));
    }

    fn told(created: &VersionShape) -> Shown {
        let shown = Shown::new()
            .text("versionId", &format!("v{}", created.version.number))
            .flag("isDefaultVersion", created.is_default)
            .date("createDate", created.version.created);
        Shown::new().object("policyVersion", shown)
    }
}
