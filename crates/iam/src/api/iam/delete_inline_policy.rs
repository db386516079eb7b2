//! DeleteUserPolicy, DeleteGroupPolicy, DeleteRolePolicy: an inline policy goes.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::get_inline_policy::missing;
use super::kin::{self, Kin};
use super::member::{NAME, typed};
use crate::PolicyName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Changes, at};

pub(super) struct DeleteInlinePolicy<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    policy: PolicyName,
}

impl<E: Kin> Operation for DeleteInlinePolicy<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::ACTIONS.delete_policy)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name::<E>(&mut members);
        let policy = members.required_text("PolicyName", &NAME).into_owned();
        let (entity, policy) = members.finish((entity, policy))?;
        Ok(Request { entity: kin::name::<E>(&entity)?, policy: typed(&policy)? })
    }

    fn shown(request: &Request<E>) -> Shown {
        kin::shown::<E>(&request.entity).text("policyName", request.policy.as_str())
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask_bounded::<E>(api, call, E::ACTIONS.delete_policy, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        if row.record.policies_mut().inline.remove(&request.policy).is_none() {
            return Err(missing::<E>(&request.policy));
        }
        let text = at::inline(call.account(), row.record.id(), &request.policy);
        Ok(api.directory.commit(Changes::new().update(&row).delete(text)).await?)
    }
}
