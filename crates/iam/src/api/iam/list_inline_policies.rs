//! ListUserPolicies, ListGroupPolicies, ListRolePolicies: the names of the inline policies.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin::{self, Kin};
use super::page::{Listed, Page};
use crate::PolicyName;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct ListInlinePolicies<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    page: Page,
}

impl<E: Kin> Operation for ListInlinePolicies<E> {
    const FACTS: Facts = Facts::read(kin::operation(E::ACTIONS.list_policies));
    type Request = Request<E>;
    type Response = Listed<PolicyName>;

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
        Ok(vec![kin::ask::<E>(api, call, E::ACTIONS.list_policies, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Listed<PolicyName>, Fault> {
        let row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        let names = row.record.policies().inline.keys().cloned();
        request.page.of(E::ACTIONS.list_policies, names, ToString::to_string)
    }

    fn write(listed: &Listed<PolicyName>, xml: &mut Xml) {
        xml.texts("PolicyNames", &listed.items);
        listed.write_end(xml);
    }
}
