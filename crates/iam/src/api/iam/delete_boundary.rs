//! DeleteUserPermissionsBoundary, DeleteRolePermissionsBoundary: nothing limits a user or role any more.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::boundary;
use super::kin::{self, Bounded, Kin};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct DeleteBoundary<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
}

impl<E: Bounded> Operation for DeleteBoundary<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::DELETE_BOUNDARY)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name_to_attach::<E>(&mut members);
        let entity = members.finish(entity)?;
        Ok(Request { entity: kin::name::<E>(&entity)? })
    }

    fn shown(request: &Request<E>) -> Shown {
        kin::shown::<E>(&request.entity)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask_bounded::<E>(api, call, E::DELETE_BOUNDARY, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        let (account, entity) = (call.account(), row.record.id());
        let before = row.record.boundary_mut().take();
        if before.is_none() {
            let text = format!("{} {} has no permissions boundary.", E::KIND.title(), row.record.name());
            return Err(Fault::NoSuchEntity(text.into()));
        }
        let changes = Changes::new().update(&row);
        let changes = boundary::without(api, changes, account, before.as_ref(), entity).await?;
        Ok(api.directory.commit(changes).await?)
    }
}
