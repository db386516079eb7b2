//! GetAccessKeyInfo: the account that an access key id tells.

use claviger_audit::Shown;
use claviger_names::AccountId;
use claviger_wire::{Members, Xml};

use super::member::ACCESS_KEY_ID;
use crate::AccessKeyId;
use crate::api::{Api, Ask, Call, Facts, Fault, Operation};

pub(super) struct GetAccessKeyInfo;

impl Operation for GetAccessKeyInfo {
    const FACTS: Facts = Facts::read("GetAccessKeyInfo");
    type Request = Box<str>;
    type Response = AccountId;

    fn parse(mut members: Members<'_>) -> Result<Box<str>, Fault> {
        let id = members.required_text("AccessKeyId", &ACCESS_KEY_ID).into();
        Ok(members.finish(id)?)
    }

    fn shown(id: &Box<str>) -> Shown {
        Shown::new().text("accessKeyId", id)
    }

    async fn asks(_: &Api, _: &Call<'_>, _: &Box<str>) -> Result<Vec<Ask>, Fault> {
        Ok(vec![Ask::any("sts:GetAccessKeyInfo")])
    }

    async fn run(api: &Api, _: &Call<'_>, id: &Box<str>) -> Result<AccountId, Fault> {
        let invalid = || Fault::Validation(format!("{id} is not a valid access key ID").into());
        let id: AccessKeyId = id.parse().map_err(|_| invalid())?;
        // Keys that an operator chose the id of tell nothing by it.
        match api.directory.credential(&id).await? {
            Some(credential) => Ok(credential.caller.account),
            None => id.account().ok_or_else(invalid),
        }
    }

    fn write(account: &AccountId, xml: &mut Xml) {
        xml.text("Account", account.as_str());
    }
}
