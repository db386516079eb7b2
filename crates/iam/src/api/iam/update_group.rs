//! UpdateGroup: another name or path; what its members may do stays.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::member::{NAME, PATH, path, typed};
use super::{birth, kin};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{EntityKind, GroupRecord};
use crate::rows::Changes;
use crate::{EntityPath, GroupName};

pub(super) struct UpdateGroup;

pub(super) struct Request {
    name: GroupName,
    new_path: Option<EntityPath>,
    new_name: Option<GroupName>,
}

impl Operation for UpdateGroup {
    const FACTS: Facts = Facts::write("UpdateGroup").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<GroupRecord>(&mut members);
        let new_path = path(&mut members, "NewPath", &PATH);
        let new_name = members.text("NewGroupName", &NAME).map(|name| name.into_owned());
        let name = members.finish(name)?;
        let new_path = new_path.map(|path| typed(&path)).transpose()?;
        let new_name = new_name.map(|name| typed(&name)).transpose()?;
        Ok(Request { name: typed(&name)?, new_path, new_name })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .text("groupName", request.name.as_str())
            .maybe_text("newPath", request.new_path.as_ref().map(EntityPath::as_str))
            .maybe_text("newGroupName", request.new_name.as_ref().map(GroupName::as_str))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let action = "iam:UpdateGroup";
        let found = api.directory.entity::<GroupRecord>(call.account(), request.name.as_str()).await?;
        let path = request.new_path.clone().or(found.map(|row| row.record.path)).unwrap_or_default();
        let name = request.new_name.as_ref().unwrap_or(&request.name);
        Ok(vec![
            kin::ask::<GroupRecord>(api, call, action, request.name.as_str()).await?,
            kin::ask_of(call, EntityKind::Group, action, &path, name.as_str()),
        ])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let row = kin::find::<GroupRecord>(api, call, request.name.as_str()).await?;
        let mut renamed = row.record.clone();
        renamed.path = request.new_path.clone().unwrap_or(renamed.path);
        renamed.name = request.new_name.clone().unwrap_or(renamed.name);
        let changes = birth::rename(api, call, Changes::new(), row, &renamed).await?;
        Ok(api.directory.commit(changes).await?)
    }
}
