//! UpdateRole: another description, or a longer or shorter session.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::create_role::{SESSION_SECONDS, session_seconds};
use super::kin::{self, Kin};
use super::member::ROLE_DESCRIPTION;
use crate::RoleName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;
use crate::rows::Changes;

pub(super) struct UpdateRole;

pub(super) struct Request {
    name: RoleName,
    description: Option<String>,
    session_max_seconds: Option<i64>,
}

impl Operation for UpdateRole {
    const FACTS: Facts = Facts::write("UpdateRole");
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<RoleRecord>(&mut members);
        let description = members.text("Description", &ROLE_DESCRIPTION).map(|text| text.into_owned());
        let session_max_seconds = members.whole("MaxSessionDuration", SESSION_SECONDS);
        let name = members.finish(name)?;
        Ok(Request { name: kin::name::<RoleRecord>(&name)?, description, session_max_seconds })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<RoleRecord>(&request.name)
            .maybe_text("description", request.description.as_deref())
            .maybe_number("maxSessionDuration", request.session_max_seconds)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<RoleRecord>(api, call, "iam:UpdateRole", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let mut row = kin::find::<RoleRecord>(api, call, request.name.as_str()).await?;
        row.record.check_modifiable()?;
        if let Some(description) = &request.description {
            row.record.description = Some(description.as_str().into());
        }
        let seconds = session_seconds(request.session_max_seconds, row.record.session_max_seconds);
        row.record.session_max_seconds = seconds;
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
