//! GetCallerIdentity: who the caller is.

use claviger_audit::Shown;
use claviger_names::AccountId;
use claviger_wire::{Members, Xml};

use crate::api::{Api, Ask, Call, Facts, Fault, Operation};

pub(super) struct GetCallerIdentity;

pub(super) struct CallerIdentity {
    user_id: String,
    account: AccountId,
    arn: String,
}

impl Operation for GetCallerIdentity {
    const FACTS: Facts = Facts::read("GetCallerIdentity");
    type Request = ();
    type Response = CallerIdentity;

    fn parse(members: Members<'_>) -> Result<(), Fault> {
        Ok(members.finish(())?)
    }

    fn shown(_: &()) -> Shown {
        Shown::new()
    }

    /// Nothing: not even a policy that denies it keeps a caller from knowing who it is.
    async fn asks(_: &Api, _: &Call<'_>, _: &()) -> Result<Vec<Ask>, Fault> {
        Ok(Vec::new())
    }

    async fn run(_: &Api, call: &Call<'_>, _: &()) -> Result<CallerIdentity, Fault> {
        let (user_id, arn) = (call.caller.user_id(), call.caller.arn(call.region()));
        Ok(CallerIdentity { user_id, account: call.account(), arn })
    }

    fn write(identity: &CallerIdentity, xml: &mut Xml) {
        xml.text("UserId", &identity.user_id)
            .text("Account", identity.account.as_str())
            .text("Arn", &identity.arn);
    }
}
