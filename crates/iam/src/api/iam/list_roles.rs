//! ListRoles: the roles below a path.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::listing::{self, Listing};
use super::page::Listed;
use super::role::shape_of;
use super::shape::{Detail, RoleShape};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::RoleRecord;

pub(super) struct ListRoles;

impl Operation for ListRoles {
    const FACTS: Facts = Facts::read("ListRoles");
    type Request = Listing;
    type Response = Listed<RoleShape>;

    fn parse(members: Members<'_>) -> Result<Listing, Fault> {
        Listing::take(members)
    }

    fn shown(request: &Listing) -> Shown {
        request.show()
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Listing) -> Result<Vec<Ask>, Fault> {
        Ok(vec![listing::ask::<RoleRecord>(call, "iam:ListRoles", request)])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Listing) -> Result<Listed<RoleShape>, Fault> {
        let Listed { items, marker } = listing::rows::<RoleRecord>(api, call, request).await?;
        let mut shapes = Vec::with_capacity(items.len());
        for row in items {
            shapes.push(shape_of(api, call, row.record, Detail::Listed).await?);
        }
        Ok(Listed { items: shapes, marker })
    }

    fn write(listed: &Listed<RoleShape>, xml: &mut Xml) {
        listed.write(xml, "Roles", |xml, role| role.write(xml));
    }
}
