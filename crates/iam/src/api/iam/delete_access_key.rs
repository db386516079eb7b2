//! DeleteAccessKey: an access key goes; requests signed with it are refused from now on.

use claviger_audit::Shown;
use claviger_wire::Members;

use super::access_key::{self, Keeper, not_found};
use super::member::{ACCESS_KEY_ID, NAME, typed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::directory::without_access_key;
use crate::rows::Changes;
use crate::{AccessKeyId, UserName};

pub(super) struct DeleteAccessKey;

pub(super) struct Request {
    name: Option<UserName>,
    key: AccessKeyId,
}

impl Operation for DeleteAccessKey {
    const FACTS: Facts = Facts::write("DeleteAccessKey").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.text("UserName", &NAME).map(|name| name.into_owned());
        let key = members.required_text("AccessKeyId", &ACCESS_KEY_ID).into_owned();
        let (name, key) = members.finish((name, key))?;
        Ok(Request { name: name.map(|name| typed(&name)).transpose()?, key: typed(&key)? })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new()
            .maybe_text("userName", request.name.as_ref().map(UserName::as_str))
            .text("accessKeyId", &request.key)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        access_key::ask(api, call, "iam:DeleteAccessKey", request.name.as_ref()).await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let keeper = Keeper::find(api, call, request.name.as_ref()).await?;
        let mut keys = keeper.keys();
        let at = keys.iter().position(|key| *key == request.key).ok_or_else(|| not_found(&request.key))?;
        keys.remove(at);
        let changes = keeper.with_keys(Changes::new(), &keys);
        Ok(api.directory.commit(without_access_key(changes, &request.key)).await?)
    }
}
