//! GetUser: a user, by default the caller.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::caller;
use super::kin;
use super::member::{NAME, typed};
use super::shape::{Detail, UserShape};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::model::UserRecord;
use crate::{Principal, UserName};

pub(super) struct GetUser;

pub(super) struct Request {
    name: Option<UserName>,
}

pub(super) enum Found {
    User(Box<UserShape>),
    /// The account's root user: its number, its ARN, when the account was created.
    Root(String, String, jiff::Timestamp),
}

impl Operation for GetUser {
    const FACTS: Facts = Facts::read("GetUser");
    type Request = Request;
    type Response = Found;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.text("UserName", &NAME).map(|name| name.into_owned());
        let name = members.finish(name)?;
        Ok(Request { name: name.map(|name| typed(&name)).transpose()? })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().maybe_text("userName", request.name.as_ref().map(UserName::as_str))
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        match (&request.name, &call.caller.principal) {
            (None, Principal::Root) => Ok(Vec::new()),
            (name, _) => {
                let name = caller::user(call, name.as_ref())?;
                Ok(vec![kin::ask::<UserRecord>(api, call, "iam:GetUser", name.as_str()).await?])
            }
        }
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Found, Fault> {
        if let (None, Principal::Root) = (&request.name, &call.caller.principal) {
            let account = api.directory.account_row(call.account()).await?;
            let arn = call.caller.arn(call.region());
            return Ok(Found::Root(call.account().to_string(), arn, account.record.created));
        }
        let name = caller::user(call, request.name.as_ref())?;
        let user = kin::find::<UserRecord>(api, call, name.as_str()).await?.record;
        let shape = UserShape::new(user, call.account(), call.partition(), Detail::Full);
        Ok(Found::User(Box::new(shape)))
    }

    fn write(found: &Found, xml: &mut Xml) {
        xml.element("User", |xml| match found {
            Found::User(user) => user.write(xml),
            Found::Root(account, arn, created) => {
                xml.text("UserId", account).text("Arn", arn).time("CreateDate", *created);
            }
        });
    }
}
