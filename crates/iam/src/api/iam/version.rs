//! What the operations on one version of a managed policy take.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::managed;
use super::member::{ARN, VERSION_ID, policy_arn};
use crate::PolicyArn;
use crate::api::Fault;
use crate::model::PolicyRecord;

/// A version of a policy.
pub(super) struct OfVersion {
    pub arn: PolicyArn,
    pub version: String,
}

impl OfVersion {
    /// Takes PolicyArn and VersionId.
    pub(super) fn take(mut members: Members<'_>) -> Result<OfVersion, Fault> {
        let arn = members.required_text("PolicyArn", &ARN).into_owned();
        let version = members.required_text("VersionId", &VERSION_ID).into_owned();
        let (arn, version) = members.finish((arn, version))?;
        Ok(OfVersion { arn: policy_arn(&arn)?, version })
    }

    /// Shows both in a record.
    pub(super) fn show(&self) -> Shown {
        Shown::new().text("policyArn", &self.arn.to_string()).text("versionId", &self.version)
    }

    /// Where among its versions the policy has it.
    pub(super) fn position(&self, policy: &PolicyRecord) -> Result<usize, Fault> {
        let number = managed::version_number(&self.version);
        let at = policy.versions.iter().position(|version| Some(version.number) == number);
        at.ok_or_else(|| managed::version_not_found(&self.version))
    }
}
