//! UpdateAccessKey: an access key may be used, or may not.

use claviger_audit::Shown;
use claviger_wire::{Members, TextRule};

use super::access_key::{self, Keeper, not_found};
use super::member::{ACCESS_KEY_ID, NAME, typed};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::rows::Changes;
use crate::{AccessKeyId, KeyStatus, UserName};

const STATUS: TextRule = TextRule::length(0, i64::MAX);

pub(super) struct UpdateAccessKey;

pub(super) struct Request {
    name: Option<UserName>,
    key: AccessKeyId,
    status: KeyStatus,
}

impl Operation for UpdateAccessKey {
    const FACTS: Facts = Facts::write("UpdateAccessKey").without_result();
    type Request = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.text("UserName", &NAME).map(|name| name.into_owned());
        let key = members.required_text("AccessKeyId", &ACCESS_KEY_ID).into_owned();
        let status = members.required_text("Status", &STATUS).into_owned();
        let (name, key) = members.finish((name, key))?;
        let name = name.map(|name| typed(&name)).transpose()?;
        Ok(Request { name, key: typed(&key)?, status: status_of(&status)? })
    }

    fn shown(request: &Request) -> Shown {
        let status = match request.status {
            KeyStatus::Active => "Active",
            KeyStatus::Inactive => "Inactive",
        };
        Shown::new()
            .maybe_text("userName", request.name.as_ref().map(UserName::as_str))
            .text("accessKeyId", &request.key)
            .text("status", status)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        access_key::ask(api, call, "iam:UpdateAccessKey", request.name.as_ref()).await
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<(), Fault> {
        let keeper = Keeper::find(api, call, request.name.as_ref()).await?;
        if !keeper.keys().contains(&request.key) {
            return Err(not_found(&request.key));
        }
        let mut row = access_key::record(api, &request.key).await?;
        row.record.status = request.status;
        Ok(api.directory.commit(Changes::new().update(&row)).await?)
    }
}

/// AWS keeps the value out of the message; Expired it knows and nobody can set.
fn status_of(text: &str) -> Result<KeyStatus, Fault> {
    match text {
        "Active" => Ok(KeyStatus::Active),
        "Inactive" => Ok(KeyStatus::Inactive),
        "Expired" => Err(Fault::InvalidInput("The status of an access key cannot be set to Expired.".into())),
        _ => Err(Fault::Validation(
            "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum \
             value set: [Active, Inactive, Expired]"
                .into(),
        )),
    }
}
