//! TagUser, TagRole: tags are added, or put in place of those of their keys.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin::{self, Bounded, Kin};
use super::member::{self, TAGS_MAX};
use super::shape::show_tags;
use crate::Tags;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

pub(super) struct TagEntity<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    tags: Tags,
}

impl<E: Bounded> Operation for TagEntity<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::TAG)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name::<E>(&mut members);
        let tags = member::tags(&mut members, "Tags");
        let tags = members.required("Tags", tags);
        let entity = members.finish(entity)?;
        Ok(Request { entity: kin::name::<E>(&entity)?, tags: member::tags_of(Some(tags))? })
    }

    fn shown(request: &Request<E>) -> Shown {
        show_tags(kin::shown::<E>(&request.entity), &request.tags)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        let ask = kin::ask::<E>(api, call, E::TAG, request.entity.as_ref()).await?;
        Ok(vec![ask.tagging(request.tags.iter())])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        row.record.check_modifiable()?;
        add(row.record.tags_mut(), &request.tags)?;
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}

/// Adds tags to tags.
pub(super) fn add(to: &mut Tags, tags: &Tags) -> Result<(), Fault> {
    for (key, value) in tags.iter() {
        to.insert(key, value);
    }
    if to.len() > TAGS_MAX { Err(member::too_many_tags()) } else { Ok(()) }
}
