//! GetPolicyVersion: the text of a version of a managed policy.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::managed::{self, Usable};
use super::shape::VersionShape;
use super::version::OfVersion;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::aws_policies::AwsPolicy;
use crate::model::VersionRecord;
use crate::rows::{at, text_of};

pub(super) struct GetPolicyVersion;

impl Operation for GetPolicyVersion {
    const FACTS: Facts = Facts::read("GetPolicyVersion");
    type Request = OfVersion;
    type Response = VersionShape;

    fn parse(members: Members<'_>) -> Result<OfVersion, Fault> {
        OfVersion::take(members)
    }

    fn shown(request: &OfVersion) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfVersion) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:GetPolicyVersion", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfVersion) -> Result<VersionShape, Fault> {
        let found = managed::usable(api, call.account(), &request.arn).await?;
        let row = match found.ok_or_else(managed::not_found)? {
            Usable::Own(row) => row,
            Usable::Aws(policy, _) => return version_of_aws(policy, &request.version),
        };
        let version = row.record.versions[request.position(&row.record)?];
        let path = at::policy_text(call.account(), row.record.id, version.number)?;
        // Where the text is gone, the version is gone meanwhile.
        let entry = api.directory.read(&path).await?.ok_or(Fault::Overtaken)?;
        let is_default = version.number == row.record.default_version;
        Ok(VersionShape { version, is_default, document: Some(text_of(&entry)?) })
    }

    fn write(found: &VersionShape, xml: &mut Xml) {
        xml.element("PolicyVersion", |xml| found.write(xml));
    }
}

fn version_of_aws(policy: &AwsPolicy, id: &str) -> Result<VersionShape, Fault> {
    match managed::version_number(id) == Some(policy.version) {
        true => Ok(VersionShape {
            version: VersionRecord { number: policy.version, created: policy.updated_at() },
            is_default: true,
            document: Some(policy.text.to_owned()),
        }),
        false => Err(managed::version_not_found(id)),
    }
}
