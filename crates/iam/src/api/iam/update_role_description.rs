//! UpdateRoleDescription: another description, also of a service-linked role.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin;
use super::member::ROLE_DESCRIPTION;
use super::role::shape_of;
use super::shape::{Detail, RoleShape};
use crate::RoleName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;
use crate::rows::Changes;

pub(super) struct UpdateRoleDescription;

pub(super) struct Request {
    name: RoleName,
    description: String,
}

impl Operation for UpdateRoleDescription {
    const FACTS: Facts = Facts::write("UpdateRoleDescription");
    type Request = Request;
    type Response = RoleShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<RoleRecord>(&mut members);
        let description = members.required_text("Description", &ROLE_DESCRIPTION).into_owned();
        let (name, description) = members.finish((name, description))?;
        Ok(Request { name: kin::name::<RoleRecord>(&name)?, description })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<RoleRecord>(&request.name).text("description", &request.description)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let action = "iam:UpdateRoleDescription";
        Ok(vec![kin::ask::<RoleRecord>(api, call, action, request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<RoleShape, Fault> {
        let mut row = kin::find::<RoleRecord>(api, call, request.name.as_str()).await?;
        row.record.description = Some(request.description.as_str().into());
        api.directory.commit(Changes::new().update(&row)).await?;
        shape_of(api, call, row.record, Detail::Full).await
    }

    fn write(updated: &RoleShape, xml: &mut Xml) {
        xml.element("Role", |xml| updated.write(xml));
    }
}
