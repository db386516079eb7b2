//! GetAccessKeyLastUsed: when and for what an access key was last used.

use claviger_audit::Shown;
use claviger_wire::{Members, Xml};

use super::access_key::{self, not_found};
use super::kin;
use super::member::{ACCESS_KEY_ID, typed};
use crate::access_key::{LastUse, Owner};
use crate::api::operation::Facts;
use crate::api::{Api, Ask, Call, Fault, Operation};
use crate::directory::Used;
use crate::model::UserRecord;
use crate::{AccessKeyId, UserName};

/// What is told of a service and Region that there was none of.
const NOT_USED: &str = "N/A";

pub(super) struct GetAccessKeyLastUsed;

pub(super) struct Request {
    key: AccessKeyId,
}

pub(super) struct Found {
    name: Option<UserName>,
    used: Option<LastUse>,
}

impl Operation for GetAccessKeyLastUsed {
    const FACTS: Facts = Facts::read("GetAccessKeyLastUsed");
    type Request = Request;
    type Response = Found;

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let key = members.required_text("AccessKeyId", &ACCESS_KEY_ID).into_owned();
        let key = members.finish(key)?;
        Ok(Request { key: typed(&key)? })
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("accessKeyId", &request.key)
    }

    async fn asks(api: &Api, call: &Call<'_>, request: &Request) -> Result<Vec<Ask>, Fault> {
        const ACTION: &str = "iam:GetAccessKeyLastUsed";
        match user_of(api, call, &request.key).await {
            Ok(Some(name)) => Ok(vec![kin::ask::<UserRecord>(api, call, ACTION, name.as_str()).await?]),
            // Who may not ask does not learn whether there is such a key.
            Ok(None) | Err(Fault::NoSuchEntity(_)) => Ok(vec![Ask::any(ACTION)]),
            Err(fault) => Err(fault),
        }
    }

    async fn run(api: &Api, call: &Call<'_>, request: &Request) -> Result<Found, Fault> {
        let name = user_of(api, call, &request.key).await?;
        Ok(Found { name, used: api.directory.last_use(&Used::Key(request.key.clone())).await? })
    }

    fn write(found: &Found, xml: &mut Xml) {
        xml.maybe_text("UserName", found.name.as_ref().map(UserName::as_str));
        xml.element("AccessKeyLastUsed", |xml| match &found.used {
            Some(LastUse { used, service, region }) => {
                xml.time("LastUsedDate", *used).text("ServiceName", service).text("Region", region.as_str());
            }
            None => {
                xml.text("ServiceName", NOT_USED).text("Region", NOT_USED);
            }
        });
    }
}

/// The user that has the access key, or none where the root user has.
async fn user_of(api: &Api, call: &Call<'_>, key: &AccessKeyId) -> Result<Option<UserName>, Fault> {
    let record = access_key::record(api, key).await?.record;
    if record.account != call.account() {
        return Err(not_found(key));
    }
    match record.owner {
        Owner::Root => Ok(None),
        Owner::Service(_) => Err(not_found(key)),
        Owner::User(id) => {
            let user = api.directory.user_record(id).await?;
            Ok(Some(user.ok_or_else(|| not_found(key))?.1.name))
        }
    }
}
