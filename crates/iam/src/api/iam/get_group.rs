//! GetGroup: a group and the users in it.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin;
use super::page::{Listed, Page};
use super::shape::{Detail, GroupShape, UserShape};
use crate::GroupName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::GroupRecord;
use crate::rows::at;

pub(super) struct GetGroup;

pub(super) struct Request {
    name: GroupName,
    page: Page,
}

pub(super) struct Found {
    group: GroupShape,
    users: Listed<UserShape>,
}

impl Operation for GetGroup {
    const FACTS: Facts = Facts::read("GetGroup");
    type Request = Request;
    type Response = Found;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<GroupRecord>(&mut members);
        let page = Page::take(&mut members);
        let (name, page) = members.finish((name, page))?;
        Ok(Request { name: kin::name::<GroupRecord>(&name)?, page })
    }

    fn shown(request: &Request) -> Shown {
        request.page.show(kin::shown::<GroupRecord>(&request.name))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<GroupRecord>(api, call, "iam:GetGroup", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Found, Fault> {
        let group = kin::find::<GroupRecord>(api, call, request.name.as_str()).await?.record;
        let (account, partition) = (call.account(), call.partition());
        let ids = request.page.of_names(api, "GetGroup", &at::members(account, group.id)).await?;
        let mut users = Vec::with_capacity(ids.items.len());
        for id in &ids.items {
            // Whoever left since is passed over.
            let Ok(id) = id.parse() else { continue };
            if let Some((_, user)) = api.directory.user_record(id).await? {
                users.push(UserShape::new(user, account, partition, Detail::Listed));
            }
        }
        let users = Listed { items: users, marker: ids.marker };
        Ok(Found { group: GroupShape::new(group, account, partition), users })
    }

    fn write(found: &Found, xml: &mut Xml) {
        xml.element("Group", |xml| found.group.write(xml));
        found.users.write(xml, "Users", |xml, user| user.write(xml));
    }
}
