//! RemoveUserFromGroup: what the group may do, the user no longer may for that.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin;
use super::membership::Membership;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::{GroupRecord, UserRecord};
use crate::rows::{Changes, at};

pub(super) struct RemoveUserFromGroup;

impl Operation for RemoveUserFromGroup {
    const FACTS: Facts = Facts::write("RemoveUserFromGroup").without_result();
    type Request = Membership;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Membership, Fault> {
        Membership::take(members)
    }

    fn shown(request: &Membership) -> Shown {
        request.show()
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Membership) -> Result<Vec<Ask>, Fault> {
        request.asks(api, call, "iam:RemoveUserFromGroup").await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Membership) -> Result<(), Fault> {
        let mut group = kin::find::<GroupRecord>(api, call, request.group.as_str()).await?;
        let mut user = kin::find::<UserRecord>(api, call, request.user.as_str()).await?;
        let at = user.record.groups.iter().position(|id| *id == group.record.id);
        let at = at.ok_or_else(|| {
            let text = format!("User {} is not in group {}.", user.record.name, group.record.name);
            Fault::NoSuchEntity(text.into())
        })?;
        user.record.groups.remove(at);
        group.record.members = group.record.members.saturating_sub(1);
        let member = at::member(call.account(), group.record.id, user.record.id);
        let changes = Changes::new().update(&group).update(&user).delete(member);
        Ok(api.directory.commit(changes).await?)
    }
}
