//! UpdateUser and UpdateGroup: another name or path; what the user or the members may do stays.

use std::marker::PhantomData;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::kin::{self, Kin};
use super::member::{PATH, path, typed};
use super::{Group, User, birth};
use crate::EntityPath;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;

/// What can get another name and path.
pub(super) trait Renamed: Kin {
    const UPDATE: &'static str;
    /// The member with the new name.
    const NEW_NAME: &'static str;
    /// The same in a record.
    const SHOWN_NEW_NAME: &'static str;

    fn rename(&mut self, path: Option<EntityPath>, name: Option<Self::Name>);
}

pub(super) struct UpdateEntity<E>(PhantomData<E>);

pub(super) struct Request<E: Kin> {
    name: E::Name,
    new_path: Option<EntityPath>,
    new_name: Option<E::Name>,
}

impl Renamed for User {
    const UPDATE: &'static str = "iam:UpdateUser";
    const NEW_NAME: &'static str = "NewUserName";
    const SHOWN_NEW_NAME: &'static str = "newUserName";

    fn rename(&mut self, path: Option<EntityPath>, name: Option<Self::Name>) {
        path.into_iter().for_each(|path| self.path = path);
        name.into_iter().for_each(|name| self.name = name);
    }
}

impl Renamed for Group {
    const UPDATE: &'static str = "iam:UpdateGroup";
    const NEW_NAME: &'static str = "NewGroupName";
    const SHOWN_NEW_NAME: &'static str = "newGroupName";

    fn rename(&mut self, path: Option<EntityPath>, name: Option<Self::Name>) {
        path.into_iter().for_each(|path| self.path = path);
        name.into_iter().for_each(|name| self.name = name);
    }
}

impl<E: Renamed> Operation for UpdateEntity<E> {
    const FACTS: Facts = Facts::write(kin::operation(E::UPDATE)).without_result();
    type Request = Request<E>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<E>, Fault> {
        let name = kin::take_name::<E>(&mut members);
        let new_path = path(&mut members, "NewPath", &PATH);
        let new_name = members.text(E::NEW_NAME, &E::RULE_OF_NEW).map(|name| name.into_owned());
        let name = members.finish(name)?;
        let new_path = new_path.map(|path| typed(&path)).transpose()?;
        let new_name = new_name.map(|name| typed(&name)).transpose()?;
        Ok(Request { name: typed(&name)?, new_path, new_name })
    }

    fn shown(request: &Request<E>) -> Shown {
        kin::shown::<E>(&request.name)
            .maybe_text("newPath", request.new_path.as_ref().map(EntityPath::as_str))
            .maybe_text(E::SHOWN_NEW_NAME, request.new_name.as_ref().map(AsRef::as_ref))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<Vec<Ask>, Fault> {
        let found = api.directory.entity::<E>(call.account(), request.name.as_ref()).await?;
        let path = request.new_path.clone().or(found.map(|row| row.record.path().clone()));
        let name = request.new_name.as_ref().unwrap_or(&request.name);
        Ok(vec![
            kin::ask::<E>(api, call, E::UPDATE, request.name.as_ref()).await?,
            kin::ask_of(call, E::KIND, E::UPDATE, &path.unwrap_or_default(), name.as_ref()),
        ])
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request<E>) -> Result<(), Fault> {
        let row = kin::find::<E>(api, call, request.name.as_ref()).await?;
        let mut renamed = row.record.clone();
        renamed.rename(request.new_path.clone(), request.new_name.clone());
        let changes = birth::rename(api, call, Changes::new(), row, &renamed).await?;
        Ok(api.directory.commit(changes).await?)
    }
}
