//! GetUserPolicy, GetGroupPolicy, GetRolePolicy: the text of an inline policy.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::{Members, Xml, percent_encoded};

use super::kin::{self, Kin};
use super::member::{NAME, typed};
use crate::PolicyName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{at, text_of};

pub(super) struct GetInlinePolicy<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    policy: PolicyName,
}

pub(super) struct Found<E: Kin> {
    entity: Box<str>,
    policy: PolicyName,
    document: String,
    of: PhantomData<fn(E)>,
}

impl<E: Kin> Operation for GetInlinePolicy<E> {
    const FACTS: Facts = Facts::read(kin::operation(E::ACTIONS.get_policy));
    type Request = Request<E>;
    type Response = Found<E>;

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
        Ok(vec![kin::ask::<E>(api, call, E::ACTIONS.get_policy, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Found<E>, Fault> {
        let row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        if !row.record.policies().inline.contains_key(&request.policy) {
            return Err(missing::<E>(&request.policy));
        }
        let path = at::inline(call.account(), row.record.id(), &request.policy)?;
        // Where the text is gone, the row has changed meanwhile.
        let entry = api.directory.read(&path).await?.ok_or(Fault::Overtaken)?;
        let entity = request.entity.as_ref().into();
        Ok(Found { entity, policy: request.policy.clone(), document: text_of(&entry)?, of: PhantomData })
    }

    fn write(found: &Found<E>, xml: &mut Xml) {
        xml.text(E::MEMBER, &found.entity)
            .text("PolicyName", found.policy.as_str())
            .text("PolicyDocument", &percent_encoded(&found.document));
    }
}

/// The refusal of an inline policy that is not there.
pub(super) fn missing<E: Kin>(policy: &PolicyName) -> Fault {
    let kind = E::KIND.word();
    Fault::NoSuchEntity(format!("The {kind} policy with name {policy} cannot be found.").into())
}
