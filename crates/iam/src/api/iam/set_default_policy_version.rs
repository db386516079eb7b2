//! SetDefaultPolicyVersion: another version of a managed policy is in force.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::managed;
use super::version::OfVersion;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct SetDefaultPolicyVersion;

impl Operation for SetDefaultPolicyVersion {
    const FACTS: Facts = Facts::write("SetDefaultPolicyVersion").without_result();
    type Request = OfVersion;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<OfVersion, Fault> {
        OfVersion::take(members)
    }

    fn shown(request: &OfVersion) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &OfVersion) -> Result<Vec<Ask>, Fault> {
        Ok(vec![managed::ask(api, call, "iam:SetDefaultPolicyVersion", &request.arn).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &OfVersion) -> Result<(), Fault> {
        let mut row = managed::changeable(api, call, &request.arn).await?;
        let at = request.position(&row.record)?;
        row.record.default_version = row.record.versions[at].number;
        row.record.updated = call.now();
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
