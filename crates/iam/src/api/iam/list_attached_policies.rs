//! ListAttachedUserPolicies, ListAttachedGroupPolicies, ListAttachedRolePolicies: the managed policies that apply.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::kin::{self, Kin};
use super::member::{POLICY_PATH, path};
use super::page::{Listed, Page};
use super::shape::AttachedPolicy;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};

pub(super) struct ListAttachedPolicies<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    entity: E::Name,
    path_prefix: Option<String>,
    page: Page,
}

impl<E: Kin> Operation for ListAttachedPolicies<E> {
    const FACTS: Facts = Facts::read(kin::operation(E::ACTIONS.list_attached_policies));
    type Request = Request<E>;
    type Response = Listed<AttachedPolicy>;

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let entity = kin::take_name_to_attach::<E>(&mut members);
        let path_prefix = path(&mut members, "PathPrefix", &POLICY_PATH);
        let page = Page::take(&mut members);
        let (entity, page) = members.finish((entity, page))?;
        Ok(Request { entity: kin::name::<E>(&entity)?, path_prefix, page })
    }

    fn shown(request: &Request<E>) -> Shown {
        let shown = kin::shown::<E>(&request.entity);
        request.page.show(shown.maybe_text("pathPrefix", request.path_prefix.as_deref()))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        let action = E::ACTIONS.list_attached_policies;
        Ok(vec![kin::ask::<E>(api, call, action, request.entity.as_ref()).await?])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Listed<AttachedPolicy>, Fault> {
        let row = kin::find::<E>(api, call, request.entity.as_ref()).await?;
        let prefix = request.path_prefix.as_deref().unwrap_or("/");
        let mut attached = row.record.policies().attached.clone();
        attached.retain(|arn| arn.path.as_str().starts_with(prefix));
        attached.sort_by_key(ToString::to_string);
        let listed = request.page.of(E::ACTIONS.list_attached_policies, attached, ToString::to_string)?;
        Ok(listed.map(|arn| AttachedPolicy::of(&arn, call.partition())))
    }

    fn write(listed: &Listed<AttachedPolicy>, xml: &mut Xml) {
        listed.write(xml, "AttachedPolicies", |xml, policy| policy.write(xml));
    }
}
