//! ListAccessKeys: the access keys of a user, by default the caller, without their secrets.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::access_key::{self, Keeper};
use super::member::{NAME, typed};
use super::page::{Listed, Page};
use crate::access_key::AccessKeyRecord;
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::{AccessKeyId, KeyStatus, UserName};

pub(super) struct ListAccessKeys;

pub(super) struct Request {
    name: Option<UserName>,
    page: Page,
}

pub(super) struct Found {
    name: Option<UserName>,
    keys: Listed<(AccessKeyId, AccessKeyRecord)>,
}

impl Operation for ListAccessKeys {
    const FACTS: Facts = Facts::read("ListAccessKeys");
    type Request = Request;
    type Response = Found;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.text("UserName", &NAME).map(|name| name.into_owned());
        let page = Page::take(&mut members);
        let (name, page) = members.finish((name, page))?;
        Ok(Request { name: name.map(|name| typed(&name)).transpose()?, page })
    }

    fn shown(request: &Request) -> Shown {
        let name = request.name.as_ref().map(UserName::as_str);
        request.page.show(Shown::new().maybe_text("userName", name))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        access_key::ask(api, call, "iam:ListAccessKeys", request.name.as_ref()).await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Found, Fault> {
        let keeper = Keeper::find(api, call, request.name.as_ref()).await?;
        let mut keys = Vec::new();
        for id in keeper.keys() {
            let record = access_key::record(api, &id).await?.record;
            keys.push((id, record));
        }
        keys.sort_by(|(one, _), (other, _)| one.cmp(other));
        let keys = request.page.of("ListAccessKeys", keys, |(id, _)| id.to_string())?;
        Ok(Found { name: keeper.name(), keys })
    }

    fn write(found: &Found, xml: &mut Xml) {
        found.keys.write(xml, "AccessKeyMetadata", |xml, (id, record)| {
            xml.maybe_text("UserName", found.name.as_ref().map(UserName::as_str));
            xml.text("AccessKeyId", id).text("Status", status(record.status));
            xml.time("CreateDate", record.created);
        });
    }
}

fn status(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "Active",
        KeyStatus::Inactive => "Inactive",
    }
}
