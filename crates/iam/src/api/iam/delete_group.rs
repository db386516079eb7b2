//! DeleteGroup: a group goes, once nobody is in it and nothing belongs to it.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::{birth, kin};
use crate::GroupName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::GroupRecord;
use crate::rows::Changes;

pub(super) struct DeleteGroup;

pub(super) struct Request {
    name: GroupName,
}

impl Operation for DeleteGroup {
    const FACTS: Facts = Facts::write("DeleteGroup").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<GroupRecord>(&mut members);
        let name = members.finish(name)?;
        Ok(Request { name: kin::name::<GroupRecord>(&name)? })
    }

    fn shown(request: &Request) -> Shown {
        kin::shown::<GroupRecord>(&request.name)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<GroupRecord>(api, call, "iam:DeleteGroup", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let row = kin::find::<GroupRecord>(api, call, request.name.as_str()).await?;
        if row.record.members > 0 {
            return Err(birth::conflict("remove users from group first."));
        }
        birth::check_without_policies(&row.record)?;
        let changes = birth::delete(api, call, Changes::new(), &row).await?;
        Ok(api.directory.commit(changes).await?)
    }
}
