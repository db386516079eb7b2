//! DeletePolicyVersion: a version of a managed policy that is not in force goes.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::version::OfVersion;
use super::{birth, managed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Changes, at};

pub(super) struct DeletePolicyVersion;

impl Operation for DeletePolicyVersion {
    const FACTS: Facts = Facts::write("DeletePolicyVersion").without_result();
    type Request = OfVersion;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<OfVersion, Fault> {
        OfVersion::take(members)
    }

    fn shown(request: &OfVersion) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfVersion) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:DeletePolicyVersion", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfVersion) -> Result<(), Fault> {
        let mut row = managed::changeable(api, call, &request.arn).await?;
        let at = request.position(&row.record)?;
        let version = row.record.versions.remove(at);
        if version.number == row.record.default_version {
            return Err(Fault::DeleteConflict("Cannot delete the default version of a policy.".into()));
        }
        let mut counts = birth::counts(api, call).await?;
        counts.record.policy_versions = counts.record.policy_versions.saturating_sub(1);
        let text = at::policy_text(call.account(), row.record.id, version.number);
        Ok(api.directory.commit(Changes::new().update(&row).update(&counts).delete(text)).await?)
    }
}
