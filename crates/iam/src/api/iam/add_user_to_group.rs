//! AddUserToGroup: what the group may do, the user may do too.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::document::exceeded;
use super::kin;
use super::membership::Membership;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{GroupRecord, UserRecord};
use crate::rows::{Changes, at};

/// Most groups that a user is in.
pub(super) const GROUPS_PER_USER_MAX: usize = 10;

pub(super) struct AddUserToGroup;

impl Operation for AddUserToGroup {
    const FACTS: Facts = Facts::write("AddUserToGroup").without_result();
    type Request = Membership;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Membership, Fault> {
        Membership::take(members)
    }

    fn shown(request: &Membership) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Membership) -> Result<Vec<Ask>, Fault> {
        request.asks(api, call, "iam:AddUserToGroup").await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Membership) -> Result<(), Fault> {
        let mut group = kin::find::<GroupRecord>(api, call, request.group.as_str()).await?;
        let mut user = kin::find::<UserRecord>(api, call, request.user.as_str()).await?;
        if user.record.groups.contains(&group.record.id) {
            return Ok(());
        }
        if user.record.groups.len() >= GROUPS_PER_USER_MAX {
            return Err(exceeded("GroupsPerUser", GROUPS_PER_USER_MAX));
        }
        user.record.groups.push(group.record.id);
        // The group counts its members, so that it is not deleted at the same moment.
        group.record.members += 1;
        let member = at::member(call.account(), group.record.id, user.record.id);
        let changes = Changes::new().update(&group).update(&user).put_bytes(member, &[]);
        Ok(api.directory.commit(changes).await?)
    }
}
