//! ListUsers: the users below a path.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::listing::{self, Listing};
use super::page::Listed;
use super::shape::{Detail, UserShape};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::UserRecord;

pub(super) struct ListUsers;

impl Operation for ListUsers {
    const FACTS: Facts = Facts::read("ListUsers");
    type Request = Listing;
    type Response = Listed<UserShape>;

    fn parse(members: Members<'_>) -> Result<Listing, Fault> {
        Listing::take(members)
    }

    fn shown(request: &Listing) -> Shown {
        request.show()
    }

    async fn asks(_: &Api, call: &Call<'_>, request: &Listing) -> Result<Vec<Ask>, Fault> {
        Ok(vec![listing::ask::<UserRecord>(call, "iam:ListUsers", request)])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Listing) -> Result<Listed<UserShape>, Fault> {
        let rows = listing::rows::<UserRecord>(api, call, request).await?;
        Ok(rows.map(|row| UserShape::new(row.record, call.account(), call.partition(), Detail::Listed)))
    }

    fn write(listed: &Listed<UserShape>, xml: &mut Xml) {
        listed.write(xml, "Users", |xml, user| user.write(xml));
    }
}
