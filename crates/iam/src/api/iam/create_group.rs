//! CreateGroup: a group, with nobody in it.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::member::{NAME, PATH, path, path_or_root, typed};
use super::shape::{GroupShape, show_entity};
use super::{birth, kin};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{EntityKind, GroupRecord, OwnPolicies};
use crate::rows::Changes;
use crate::{EntityPath, GroupName};

/// Most groups of an account.
pub(super) const GROUPS_MAX: u32 = 300;

pub(super) struct CreateGroup;

pub(super) struct Request {
    path: EntityPath,
    name: GroupName,
}

impl Operation for CreateGroup {
    const FACTS: Facts = Facts::write("CreateGroup");
    type Request = Request;
    type Response = GroupShape;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let path = path(&mut members, "Path", &PATH);
        let name = members.required_text("GroupName", &NAME).into_owned();
        let (path, name) = members.finish((path, name))?;
        Ok(Request { path: path_or_root(path)?, name: typed(&name)? })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("path", request.path.as_str()).text("groupName", request.name.as_str())
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        let name = request.name.as_str();
        Ok(vec![kin::ask_of(call, EntityKind::Group, "iam:CreateGroup", &request.path, name)])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<GroupShape, Fault> {
        let group = GroupRecord {
            id: birth::id(api, EntityKind::Group)?,
            name: request.name.clone(),
            path: request.path.clone(),
            created: call.now(),
            policies: OwnPolicies::default(),
            members: 0,
        };
        let changes = birth::create(api, call, Changes::new(), &group, GROUPS_MAX).await?;
        api.directory.commit(changes).await?;
        Ok(GroupShape::new(group, call.account(), call.partition()))
    }

    fn write(created: &GroupShape, xml: &mut Xml) {
        xml.element("Group", |xml| created.write(xml));
    }

    fn told(created: &GroupShape) -> Shown {
        Shown::new().object("group", show_entity(&created.group, created.group.created, &created.arn))
    }
}
