//! DeleteAlias: a name less; its key stays as it is.

use claviger_audit::Shown;
use claviger_names::AliasName;
use claviger_wire::Members;

use super::member::{ALIAS_NAME, customer_alias};
use super::{Facts, KeyNames, Operation, PolicyType, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{AliasGone, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;

pub(crate) struct DeleteAlias;

pub(crate) struct Request {
    name: AliasName,
}

impl Operation for DeleteAlias {
    const FACTS: Facts = Facts {
        policy: PolicyType::AliasAndKey,
        names: KeyNames::None,
        states: States::Any,
        quota: QuotaBucket::Own(15),
        ..Facts::of_key("DeleteAlias", "kms:DeleteAlias")
    }
    .telling_key();
    type Scope = AliasGone;
    type Request<'b> = Request;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request, Fault> {
        let name = members.required_text("AliasName", &ALIAS_NAME);
        let name = members.finish(name)?;
        Ok(Request { name: customer_alias(&name)? })
    }

    fn asks(request: &Request) -> Result<&AliasName, Fault> {
        Ok(&request.name)
    }

    fn shown(request: &Request) -> Shown {
        Shown::new().text("aliasName", request.name.as_str())
    }

    async fn run(kms: &Kms, permit: Permit<'_, AliasGone>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let AliasGone { alias, target } = permit.scope();
        let changes = Changes::new()
            .update_key(target, &target.record)
            .detach_alias(&target.place, &target.record.id, &request.name)
            .delete_alias(&target.place, &request.name, alias);
        kms.commit(changes).await
    }
}
