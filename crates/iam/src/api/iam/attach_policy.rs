//! AttachUserPolicy, AttachGroupPolicy, AttachRolePolicy: a managed policy applies from now on.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::document::exceeded;
use super::kin::{self, Kin};
use super::managed;
use super::member::{ARN, policy_arn};
use crate::PolicyArn;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Changes, Usage};

pub(super) struct AttachPolicy<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    pub entity: E::Name,
    pub policy: PolicyArn,
}

/// Takes the entity's name and PolicyArn.
pub(super) fn take<E: Kin>(mut members: Members<'_>) -> Result<Request<E>, Fault> {
    let entity = kin::take_name_to_attach::<E>(&mut members);
    let policy = members.required_text("PolicyArn", &ARN).into_owned();
    let (entity, policy) = members.finish((entity, policy))?;
    Ok(Request { entity: kin::name::<E>(&entity)?, policy: policy_arn(&policy)? })
}

/// Shows both in a record.
pub(super) fn show<E: Kin>(request: &Request<E>) -> Shown {
    kin::shown::<E>(&request.entity).text("policyArn", &request.policy.to_string())
}

/// What is to be decided to attach a policy or detach it.
pub(super) async fn ask<E: Kin>(
    api: &Api,
    call: &Call<'_>,
    action: &'static str,
    request: &Request<E>,
) -> Result<Vec<Ask>, Fault> {
    let ask = kin::ask_bounded::<E>(api, call, action, request.entity.as_ref()).await?;
    Ok(vec![ask.with("iam:PolicyARN", &request.policy.arn(call.partition()))])
}

impl<E: Kin> Operation for AttachPolicy<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::ACTIONS.attach_policy)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(members: Members<'_>) -> Result<Request<E>, Fault> {
        take::<E>(members)
    }

    fn shown(request: &Request<E>) -> Shown {
        show(request)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        ask(api, call, E::ACTIONS.attach_policy, request).await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        let policy = managed::attachable(api, call, &request.policy).await?;
        let (account, entity) = (call.account(), row.record.id());
        let attached = &mut row.record.policies_mut().attached;
        if attached.contains(&request.policy) {
            return Ok(());
        }
        if attached.len() >= E::ATTACHED_MAX {
            return Err(exceeded(&format!("PoliciesPer{}", E::KIND.title()), E::ATTACHED_MAX));
        }
        attached.push(request.policy.clone());
        let mut uses = managed::uses(api, account, policy.id()).await?;
        let changes = policy.hold(Changes::new().update(&row));
        let changes = managed::with_use(changes, account, policy.id(), &mut uses, Usage::Attached, entity);
        Ok(api.directory.commit(changes).await?)
    }
}
