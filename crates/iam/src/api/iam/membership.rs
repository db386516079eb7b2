//! What AddUserToGroup and RemoveUserFromGroup take and ask for.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin;
use super::member::{NAME, typed};
use crate::api::{Api, Ask, Call, Fault};
use crate::model::GroupRecord;
use crate::{GroupName, UserName};

/// A group and a user.
pub(super) struct Membership {
    pub group: GroupName,
    pub user: UserName,
}

impl Membership {
    /// Takes GroupName and UserName.
    pub(super) fn take(mut members: Members<'_>) -> Result<Membership, Fault> {
        let group = kin::take_name::<GroupRecord>(&mut members);
        let user = members.required_text("UserName", &NAME).into_owned();
        let (group, user) = members.finish((group, user))?;
        Ok(Membership { group: typed(&group)?, user: typed(&user)? })
    }

    /// Shows both in a record.
    pub(super) fn show(&self) -> Shown {
        Shown::new().text("groupName", self.group.as_str()).text("userName", self.user.as_str())
    }

    /// It is the group that is changed.
    pub(super) async fn asks(
        &self,
        api: &Api,
        call: &Call<'_>,
        action: &'static str,
    ) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<GroupRecord>(api, call, action, self.group.as_str()).await?])
    }
}
