//! PutUserPolicy, PutGroupPolicy, PutRolePolicy: an inline policy, in place of one of its name.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_policy::Kind;
use claviger_wire::Members;

use super::document::{characters, parse};
use super::kin::{self, Kin};
use super::member::{DOCUMENT, NAME, typed};
use crate::PolicyName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::{Changes, at};

pub(super) struct PutInlinePolicy<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    policy: PolicyName,
    document: String,
}

impl<E: Kin> Operation for PutInlinePolicy<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::ACTIONS.put_policy)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name::<E>(&mut members);
        let policy = members.required_text("PolicyName", &NAME).into_owned();
        let document = members.required_text("PolicyDocument", &DOCUMENT).into_owned();
        let (entity, policy) = members.finish((entity, policy))?;
        Ok(Request { entity: kin::name::<E>(&entity)?, policy: typed(&policy)?, document })
    }

    fn shown(request: &Request<E>) -> Shown {
        kin::shown::<E>(&request.entity)
            .text("policyName", request.policy.as_str())
            .text("policyDocument", &request.document)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask_bounded::<E>(api, call, E::ACTIONS.put_policy, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        parse(&request.document, Kind::Identity)?;
        let id = row.record.id();
        let inline = &mut row.record.policies_mut().inline;
        inline.insert(request.policy.clone(), characters(&request.document));
        if inline.values().sum::<usize>() > E::INLINE_CHARACTERS_MAX {
            return Err(too_long::<E>(request.entity.as_ref()));
        }
        let text = at::inline(call.account(), id, &request.policy);
        let changes = Changes::new().update(&row).put_bytes(text, request.document.as_bytes());
        Ok(api.directory.commit(changes).await?)
    }
}

fn too_long<E: Kin>(name: &str) -> Fault {
    let (most, kind) = (E::INLINE_CHARACTERS_MAX, E::KIND.word());
    Fault::LimitExceeded(format!("Maximum policy size of {most} bytes exceeded for {kind} {name}").into())
}
