//! DetachUserPolicy, DetachGroupPolicy, DetachRolePolicy: a managed policy no longer applies.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::attach_policy::{Request, ask, show, take};
use super::kin::{self, Kin};
use super::managed;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Changes, Usage};

pub(super) struct DetachPolicy<E>(PhantomData<E>);

impl<E: Kin> Operation for DetachPolicy<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::ACTIONS.detach_policy)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Request<E>, Fault> {
        take::<E>(members)
    }

    fn shown(request: &Request<E>) -> Shown {
        show(request)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        ask(api, call, E::ACTIONS.detach_policy, request).await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        let (account, entity) = (call.account(), row.record.id());
        let attached = &mut row.record.policies_mut().attached;
        let at = attached.iter().position(|arn| *arn == request.policy).ok_or_else(managed::not_found)?;
        attached.remove(at);
        // What is attached is not deleted.
        let policy = managed::usable(api, account, &request.policy).await?.ok_or(Fault::Overtaken)?;
        let mut uses = managed::uses(api, account, policy.id()).await?;
        let changes = Changes::new().update(&row);
        let changes = managed::without_use(changes, account, policy.id(), &mut uses, Usage::Attached, entity);
        Ok(api.directory.commit(changes).await?)
    }
}
