//! DeletePolicy: a managed policy goes, once nobody uses it and it has no other version.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::get_policy::OfPolicy;
use super::{birth, managed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{PolicyRecord, PolicyUse};
use crate::rows::{Changes, at};

pub(super) struct DeletePolicy;

impl Operation for DeletePolicy {
    const FACTS: Facts = Facts::write("DeletePolicy").without_result();
    type Request = OfPolicy;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<OfPolicy, Fault> {
        OfPolicy::take(members)
    }

    fn shown(request: &OfPolicy) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfPolicy) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:DeletePolicy", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfPolicy) -> Result<(), Fault> {
        let row = managed::changeable(api, call, &request.arn).await?;
        let uses = managed::uses(api, call.account(), row.record.id).await?;
        check_unused(&row.record, uses.record)?;
        let mut counts = birth::counts(api, call).await?;
        counts.record.policies = counts.record.policies.saturating_sub(1);
        counts.record.policy_versions = counts.record.policy_versions.saturating_sub(1);
        let text = at::policy_text(call.account(), row.record.id, row.record.default_version);
        let changes = Changes::new().remove(&row).remove(&uses).update(&counts).delete(text);
        Ok(api.directory.commit(changes).await?)
    }
}

fn check_unused(policy: &PolicyRecord, uses: PolicyUse) -> Result<(), Fault> {
    if uses != PolicyUse::default() {
        return Err(Fault::DeleteConflict("Cannot delete a policy attached to entities.".into()));
    }
    if policy.versions.len() > 1 {
        return Err(Fault::DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy."
                .into(),
        ));
    }
    Ok(())
}
