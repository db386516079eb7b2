//! DeleteUser: a user goes, once nothing belongs to it.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::{birth, boundary, kin};
use crate::UserName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::UserRecord;
use crate::rows::Changes;

pub(super) struct DeleteUser;

pub(super) struct Request {
    name: UserName,
}

impl Operation for DeleteUser {
    const FACTS: Facts = Facts::write("DeleteUser").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<UserRecord>(&mut members);
        let name = members.finish(name)?;
        Ok(Request { name: kin::name::<UserRecord>(&name)? })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<UserRecord>(&request.name)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<UserRecord>(api, call, "iam:DeleteUser", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let row = kin::find::<UserRecord>(api, call, request.name.as_str()).await?;
        check_bare(&row.record)?;
        let changes = birth::delete(api, call, Changes::new(), &row).await?;
        let (boundary, id) = (row.record.boundary.as_ref(), row.record.id);
        let changes = boundary::without(api, changes, call.account(), boundary, id).await?;
        Ok(api.directory.commit(changes).await?)
    }
}

fn check_bare(user: &UserRecord) -> Result<(), Fault> {
    birth::check_without_policies(user)?;
    if !user.access_keys.is_empty() {
        return Err(birth::conflict("delete access keys first."));
    }
    if !user.groups.is_empty() {
        return Err(birth::conflict("remove users from group first."));
    }
    Ok(())
}
