//! How users, groups and roles come and go, and change their names: their rows, their ids and their number.

use super::boundary;
use super::document::exceeded;
use crate::api::{Api, Ask, Call, Fault};
use crate::model::{Entity, EntityKind};
use crate::rows::{Changes, Counts, Held, Row, at};
use crate::{PolicyArn, Tags, UniqueId};

/// A fresh unique id.
pub(super) fn id(api: &Api, kind: EntityKind) -> Result<UniqueId, Fault> {
    UniqueId::generate(kind.id_kind(), &*api.random).map_err(Fault::internal)
}

/// What is to be decided to create something, and to tag it at once.
pub(super) fn asks(
    ask: impl Fn(&'static str) -> Ask,
    create: &'static str,
    tag: &'static str,
    tags: &Tags,
) -> Vec<Ask> {
    match tags.is_empty() {
        true => vec![ask(create)],
        false => vec![ask(create), ask(tag)],
    }
}

/// The same changes, and a new entity, unless its name is taken or there are too many.
pub(super) async fn create<E: Entity>(
    api: &Api,
    call: &Call<'_>,
    changes: Changes,
    entity: &E,
    most: u32,
) -> Result<Changes, Fault> {
    let account = call.account();
    let path = at::entity(account, E::KIND, entity.name())?;
    if let Some(taken) = api.directory.row::<E>(path.clone()).await? {
        return Err(taken_name(E::KIND, taken.record.name()));
    }
    let mut counts = counts(api, call).await?;
    let count = counts.record.of(E::KIND);
    if *count >= most {
        return Err(exceeded(&format!("{}sPerAccount", E::KIND.title()), most as usize));
    }
    *count += 1;
    let held = held(call, entity);
    Ok(changes.create(Ok(path), entity).create(at::identity(entity.id()), &held).update(&counts))
}

/// The same changes, and the entity is no more.
pub(super) async fn delete<E: Entity>(
    api: &Api,
    call: &Call<'_>,
    changes: Changes,
    row: &Row<E>,
) -> Result<Changes, Fault> {
    let mut counts = counts(api, call).await?;
    let count = counts.record.of(E::KIND);
    *count = count.saturating_sub(1);
    Ok(changes.remove(row).delete(at::identity(row.record.id())).update(&counts))
}

/// The same changes, and the entity of `row` is now this one: perhaps of another name or path.
pub(super) async fn rename<E: Entity>(
    api: &Api,
    call: &Call<'_>,
    changes: Changes,
    row: Row<E>,
    renamed: &E,
) -> Result<Changes, Fault> {
    let path = at::entity(call.account(), E::KIND, renamed.name())?;
    let changes = changes.put(at::identity(renamed.id()), &held(call, renamed));
    if path == row.path {
        return Ok(changes.update(&Row { record: renamed.clone(), ..row }));
    }
    if let Some(taken) = api.directory.row::<E>(path.clone()).await? {
        return Err(taken_name(E::KIND, taken.record.name()));
    }
    Ok(changes.remove(&row).create(Ok(path), renamed))
}

/// The same changes, and the new entity has this boundary, if any.
pub(super) async fn bound(
    api: &Api,
    call: &Call<'_>,
    changes: Changes,
    arn: Option<&PolicyArn>,
    entity: UniqueId,
) -> Result<Changes, Fault> {
    match arn {
        Some(arn) => boundary::with(api, call, changes, arn, entity).await,
        None => Ok(changes),
    }
}

/// Refuses to delete what still has policies.
pub(super) fn check_without_policies<E: Entity>(entity: &E) -> Result<(), Fault> {
    let own = entity.policies();
    match (own.attached.is_empty(), own.inline.is_empty()) {
        (false, _) => Err(conflict("detach all policies first.")),
        (true, false) => Err(conflict("delete policies first.")),
        (true, true) => Ok(()),
    }
}

/// The refusal to delete something before something else was done.
pub(super) fn conflict(first: &str) -> Fault {
    Fault::DeleteConflict(format!("Cannot delete entity, must {first}").into())
}

/// How many there are in the caller's account.
pub(super) async fn counts(api: &Api, call: &Call<'_>) -> Result<Row<Counts>, Fault> {
    Ok(api.directory.row_or_new(at::counts(call.account())?).await?)
}

fn held<E: Entity>(call: &Call<'_>, entity: &E) -> Held {
    let (path, name) = (entity.path().clone(), entity.name().into());
    Held { account: call.account(), kind: E::KIND, path, name }
}

fn taken_name(kind: EntityKind, name: &str) -> Fault {
    Fault::EntityAlreadyExists(format!("{} with name {name} already exists.", kind.title()).into())
}
