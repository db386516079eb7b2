//! ListUserTags, ListRoleTags: the tags of a user or role.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin::{self, Bounded, Kin};
use super::page::{Listed, Page};
use super::shape::{self, TagPair};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct ListEntityTags<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    page: Page,
}

impl<E: Bounded> Operation for ListEntityTags<E> {
    const FACTS: Facts = Facts::read(kin::operation(E::LIST_TAGS));
    type Request = Request<E>;
    type Response = Listed<TagPair>;

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name::<E>(&mut members);
        let page = Page::take(&mut members);
        let (entity, page) = members.finish((entity, page))?;
        Ok(Request { entity: kin::name::<E>(&entity)?, page })
    }

    fn shown(request: &Request<E>) -> Shown {
        request.page.show(kin::shown::<E>(&request.entity))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![kin::ask::<E>(api, call, E::LIST_TAGS, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Listed<TagPair>, Fault> {
        let mut row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        shape::page_of_tags(&request.page, E::LIST_TAGS, row.record.tags_mut())
    }

    fn write(listed: &Listed<TagPair>, xml: &mut Xml) {
        listed.write(xml, "Tags", shape::write_tag);
    }
}
