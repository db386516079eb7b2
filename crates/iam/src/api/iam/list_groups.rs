//! ListGroups: the groups below a path.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::listing::{self, Listing};
use super::page::Listed;
use super::shape::GroupShape;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::GroupRecord;

pub(super) struct ListGroups;

impl Operation for ListGroups {
    const FACTS: Facts = Facts::read("ListGroups");
    type Request = Listing;
    type Response = Listed<GroupShape>;

    fn parse(members: Members<'_>) -> Result<Listing, Fault> {
        Listing::take(members)
    }

    fn shown(request: &Listing) -> Shown {
        request.show()
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Listing) -> Result<Vec<Ask>, Fault> {
        Ok(vec![listing::ask::<GroupRecord>(call, "iam:ListGroups", request)])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Listing) -> Result<Listed<GroupShape>, Fault> {
        let rows = listing::rows::<GroupRecord>(api, call, request).await?;
        Ok(rows.map(|row| GroupShape::new(row.record, call.account(), call.partition())))
    }

    fn write(listed: &Listed<GroupShape>, xml: &mut Xml) {
        listed.write(xml, "Groups", |xml, group| group.write(xml));
    }
}
