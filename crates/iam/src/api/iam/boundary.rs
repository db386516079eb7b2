//! Boundaries of users and roles: which policies can be one, and who uses them.

use claviger_names::AccountId;

use super::managed;
use crate::PolicyArn;
use crate::api::{Api, Call, Fault};
use crate::model::UniqueId;
use crate::rows::{Changes, Usage};

/// The same changes, and the policy is the boundary of this user or role.
pub(super) async fn with(
    api: &Api,
    call: &Call<'_>,
    changes: Changes,
    arn: &PolicyArn,
    entity: UniqueId,
) -> Result<Changes, Fault> {
    let found = managed::usable(api, call.account(), arn).await?;
    let missing = || {
        let arn = arn.arn(call.partition());
        Fault::NoSuchEntity(format!("Scope ARN: {arn} does not exist or is not attachable.").into())
    };
    let policy = found.ok_or_else(missing)?;
    policy.check_attachable()?;
    let mut uses = managed::uses(api, call.account(), policy.id()).await?;
    let changes = policy.hold(changes);
    Ok(managed::with_use(changes, call.account(), policy.id(), &mut uses, Usage::Boundary, entity))
}

/// The same changes, and the policy, if it is one, no longer is that boundary.
pub(super) async fn without(
    api: &Api,
    changes: Changes,
    account: AccountId,
    arn: Option<&PolicyArn>,
    entity: UniqueId,
) -> Result<Changes, Fault> {
    let Some(arn) = arn else { return Ok(changes) };
    // What is a boundary is not deleted.
    let policy = managed::usable(api, account, arn).await?.ok_or(Fault::Overtaken)?;
    let mut uses = managed::uses(api, account, policy.id()).await?;
    Ok(managed::without_use(changes, account, policy.id(), &mut uses, Usage::Boundary, entity))
}
