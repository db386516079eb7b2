//! CreateAccessKey: an access key, whose secret is told this once.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::access_key::{self, ACCESS_KEYS_MAX, Keeper};
use super::document::exceeded;
use super::member::{NAME, typed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;
use crate::{NewAccessKey, UserName};

pub(super) struct CreateAccessKey;

pub(super) struct Request {
    name: Option<UserName>,
}

pub(super) struct Created {
    name: Option<UserName>,
    key: NewAccessKey,
    created: jiff::Timestamp,
}

impl Operation for CreateAccessKey {
    const FACTS: Facts = Facts::write("CreateAccessKey");
    type Request = Request;
    type Response = Created;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.text("UserName", &NAME).map(|name| name.into_owned());
        let name = members.finish(name)?;
        Ok(Request { name: name.map(|name| typed(&name)).transpose()? })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().maybe_text("userName", request.name.as_ref().map(UserName::as_str))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        access_key::ask(api, call, "iam:CreateAccessKey", request.name.as_ref()).await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Created, Fault> {
        let keeper = Keeper::find(api, call, request.name.as_ref()).await?;
        let mut keys = keeper.keys();
        if keys.len() >= ACCESS_KEYS_MAX {
            return Err(exceeded("AccessKeysPerUser", ACCESS_KEYS_MAX));
        }
        let key = NewAccessKey::generate(call.account(), &*api.random).map_err(Fault::internal)?;
        keys.push(key.id.clone());
        let (owner, name) = (keeper.owner(), keeper.name());
        let changes = keeper.with_keys(Changes::new(), &keys);
        api.directory.commit(api.directory.with_access_key(changes, call.account(), owner, &key)).await?;
        Ok(Created { name, key, created: call.now() })
    }

    fn write(created: &Created, xml: &mut Xml) {
        xml.element("AccessKey", |xml| {
            xml.maybe_text("UserName", created.name.as_ref().map(UserName::as_str));
            xml.text("AccessKeyId", &created.key.id).text("Status", "Active");
            xml.text("SecretAccessKey", std::str::from_utf8(created.key.secret.expose()).unwrap_or_default());
            xml.time("CreateDate", created.created);
        });
    }

    fn told(created: &Created) -> Shown {
        let shown = Shown::new()
            .maybe_text("userName", created.name.as_ref().map(UserName::as_str))
            .text("accessKeyId", &created.key.id)
            .text("status", "Active")
            .date("createDate", created.created);
        Shown::new().object("accessKey", shown)
    }
}
