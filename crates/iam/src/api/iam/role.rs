//! Roles in answers: their trust policies name principals by what these are called now.

use super::shape::{Detail, RoleShape};
use crate::api::{Api, Call, Fault};
use crate::directory::Used;
use crate::model::{Entity, RoleRecord};

/// A role as an answer tells it.
pub(super) async fn shape_of(
    api: &Api,
    call: &Call<'_>,
    role: RoleRecord,
    detail: Detail,
) -> Result<RoleShape, Fault> {
    let partition = call.partition();
    let trust = api.directory.shown(&role.trust, &role.trust_bindings, partition).await?;
    let last_use = match detail {
        Detail::Full => api.directory.last_use(&Used::Role(role.id)).await?,
        Detail::Created | Detail::Listed => None,
    };
    Ok(RoleShape { arn: role.arn(partition, call.account()), role, trust, last_use, partition, detail })
}
