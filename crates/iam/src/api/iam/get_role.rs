//! GetRole: a role.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin;
use super::role::shape_of;
use super::shape::{Detail, RoleShape};
use crate::RoleName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;

pub(super) struct GetRole;

pub(super) struct Request {
    name: RoleName,
}

impl Operation for GetRole {
    const FACTS: Facts = Facts::read("GetRole");
    type Request = Request;
    type Response = RoleShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<RoleRecord>(&mut members);
        let name = members.finish(name)?;
        Ok(Request { name: kin::name::<RoleRecord>(&name)? })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<RoleRecord>(&request.name)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<RoleRecord>(api, call, "iam:GetRole", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<RoleShape, Fault> {
        let role = kin::find::<RoleRecord>(api, call, request.name.as_str()).await?.record;
        shape_of(api, call, role, Detail::Full).await
    }

    fn write(found: &RoleShape, xml: &mut Xml) {
        xml.element("Role", |xml| found.write(xml));
    }
}
