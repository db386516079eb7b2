//! ListGroupsForUser: the groups that a user is in.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin;
use super::page::{Listed, Page};
use super::shape::GroupShape;
use crate::UserName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::UserRecord;

pub(super) struct ListGroupsForUser;

pub(super) struct Request {
    name: UserName,
    page: Page,
}

impl Operation for ListGroupsForUser {
    const FACTS: Facts = Facts::read("ListGroupsForUser");
    type Request = Request;
    type Response = Listed<GroupShape>;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = kin::take_name::<UserRecord>(&mut members);
        let page = Page::take(&mut members);
        let (name, page) = members.finish((name, page))?;
        Ok(Request { name: kin::name::<UserRecord>(&name)?, page })
    }

    fn shown(request: &Request) -> Shown {
        request.page.show(kin::shown::<UserRecord>(&request.name))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<UserRecord>(api, call, "iam:ListGroupsForUser", request.name.as_str()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Listed<GroupShape>, Fault> {
        let user = kin::find::<UserRecord>(api, call, request.name.as_str()).await?.record;
        let mut groups = Vec::with_capacity(user.groups.len());
        for id in user.groups {
            groups.extend(api.directory.group_record(id).await?.map(|(_, group)| group));
        }
        groups.sort_by_key(|group| group.name.folded());
        let listed = request.page.of("ListGroupsForUser", groups, |group| group.name.folded())?;
        Ok(listed.map(|group| GroupShape::new(group, call.account(), call.partition())))
    }

    fn write(listed: &Listed<GroupShape>, xml: &mut Xml) {
        listed.write(xml, "Groups", |xml, group| group.write(xml));
    }
}
