//! PutUserPermissionsBoundary, PutRolePermissionsBoundary: what limits a user or role from now on.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::boundary;
use super::kin::{self, Bounded, Kin};
use super::member::{ARN, policy_arn};
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct PutBoundary<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    boundary: PolicyArn,
}

impl<E: Bounded> Operation for PutBoundary<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::PUT_BOUNDARY)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name_to_attach::<E>(&mut members);
        let boundary = members.required_text("PermissionsBoundary", &ARN).into_owned();
        let (entity, boundary) = members.finish((entity, boundary))?;
        Ok(Request { entity: kin::name::<E>(&entity)?, boundary: policy_arn(&boundary)? })
    }

    fn shown(request: &Request<E>) -> Shown {
        kin::shown::<E>(&request.entity).text("permissionsBoundary", &request.boundary.to_string())
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        // It is judged by the boundary that is to be, not by the one that is.
        let ask = kin::ask::<E>(api, call, E::PUT_BOUNDARY, request.entity.as_ref()).await?;
        Ok(vec![ask.with("iam:PermissionsBoundary", &request.boundary.arn(call.partition()))])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        let (account, entity) = (call.account(), row.record.id());
        let before = row.record.boundary_mut().replace(request.boundary.clone());
        if before.as_ref() == Some(&request.boundary) {
            return Ok(());
        }
        let changes = Changes::new().update(&row);
        let changes = boundary::without(api, changes, account, before.as_ref(), entity).await?;
        let changes = boundary::with(api, call, changes, &request.boundary, entity).await?;
        Ok(api.directory.commit(changes).await?)
    }
}
