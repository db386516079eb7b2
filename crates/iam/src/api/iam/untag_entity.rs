//! UntagUser, UntagRole: tags go.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin::{self, Bounded, Kin};
use super::member;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct UntagEntity<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    keys: Vec<String>,
}

impl<E: Bounded> Operation for UntagEntity<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::UNTAG)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name::<E>(&mut members);
        let keys = member::tag_keys(&mut members);
        let (entity, keys) = members.finish((entity, keys))?;
        Ok(Request { entity: kin::name::<E>(&entity)?, keys })
    }

    fn shown(request: &Request<E>) -> Shown {
        kin::shown::<E>(&request.entity).list("tagKeys", request.keys.iter().map(String::as_str))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        let ask = kin::ask::<E>(api, call, E::UNTAG, request.entity.as_ref()).await?;
        Ok(vec![ask.with_many("aws:TagKeys", request.keys.iter().map(String::as_str))])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        for key in &request.keys {
            row.record.tags_mut().remove(key);
        }
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}
