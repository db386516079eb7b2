//! DeleteRole: a role goes, and its sessions with it, once nothing belongs to it.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin::{self, Kin};
use super::{birth, boundary};
use crate::RoleName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;
use crate::rows::{Changes, at};

pub(super) struct DeleteRole;

pub(super) struct Request {
    name: RoleName,
}

impl Operation for DeleteRole {
    const FACTS: Facts = Facts::write("DeleteRole").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<RoleRecord>(&mut members);
        let name = members.finish(name)?;
        Ok(Request { name: kin::name::<RoleRecord>(&name)? })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<RoleRecord>(&request.name)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<RoleRecord>(api, call, "iam:DeleteRole", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let row = kin::find::<RoleRecord>(api, call, request.name.as_str()).await?;
        row.record.check_modifiable()?;
        birth::check_without_policies(&row.record)?;
        let changes = birth::delete(api, call, Changes::new(), &row).await?;
        let (boundary, id) = (row.record.boundary.as_ref(), row.record.id);
        let changes = boundary::without(api, changes, call.account(), boundary, id).await?;
        Ok(api.directory.commit(changes.delete(at::role_use(id))).await?)
    }
}
