//! UpdateAssumeRolePolicy: others may assume a role.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin::{self, Kin};
use super::{document, member::DOCUMENT};
use crate::RoleName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;
use crate::rows::Changes;

pub(super) struct UpdateAssumeRolePolicy;

pub(super) struct Request {
    name: RoleName,
    trust: String,
}

impl Operation for UpdateAssumeRolePolicy {
    const FACTS: Facts = Facts::write("UpdateAssumeRolePolicy").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<RoleRecord>(&mut members);
        let trust = members.required_text("PolicyDocument", &DOCUMENT).into_owned();
        let (name, trust) = members.finish((name, trust))?;
        Ok(Request { name: kin::name::<RoleRecord>(&name)?, trust })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<RoleRecord>(&request.name).text("policyDocument", &request.trust)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let action = "iam:UpdateAssumeRolePolicy";
        Ok(vec![kin::ask::<RoleRecord>(api, call, action, request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = kin::find::<RoleRecord>(api, call, request.name.as_str()).await?;
        row.record.check_modifiable()?;
        row.record.trust_bindings = document::bind_trust(api, &request.trust).await?;
        row.record.trust = request.trust.as_str().into();
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
