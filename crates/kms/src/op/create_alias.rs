//! CreateAlias: another name for a key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_names::AliasName;
use claviger_wire::Members;

use super::member::{ALIAS_NAME, KEY_ID, check_alias_target, customer_alias};
use super::{Facts, Operation, PolicyType};
use crate::fault::Fault;
use crate::gate::{AliasAsk, AliasNew, Permit};
use crate::keyspace::{self, Changes};
use crate::kms::Kms;
use crate::model::AliasRecord;

pub(crate) struct CreateAlias;

pub(crate) struct Request<'b> {
    name: AliasName,
    target: Cow<'b, str>,
}

impl Operation for CreateAlias {
    const FACTS: Facts =
        Facts { policy: PolicyType::AliasAndKey, ..Facts::of_key("CreateAlias", "kms:CreateAlias") }
            .telling_key();
    type Scope = AliasNew;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let name = members.required_text("AliasName", &ALIAS_NAME);
        let target = members.required_text("TargetKeyId", &KEY_ID);
        let (name, target) = members.finish((name, target))?;
        let name = customer_alias(&name)?;
        check_alias_target(&target)?;
        Ok(Request { name, target })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<AliasAsk<'r>, Fault> {
        Ok(AliasAsk { name: &request.name, target: &request.target })
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new().text("aliasName", request.name.as_str()).text("targetKeyId", &request.target)
    }

    async fn run(kms: &Kms, permit: Permit<'_, AliasNew>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let AliasNew { target } = permit.scope();
        let (place, name) = (target.place, &request.name);
        if let Some(before) = keyspace::load_alias(&kms.store, &place, name).await? {
            if kms.key(place, before.record.target).await?.is_some() {
                return Err(Fault::AlreadyExists(name.arn(place.account, place.region).into()));
            }
            // Its key's waiting period is over: that deletion takes the name with it, and then this starts over.
            kms.delete_past(place, before.record.target).await?;
            return Err(Fault::Overtaken);
        }
        kms.quotas.check_aliases(target.aliases.len())?;
        let now = kms.now();
        let record = AliasRecord { target: target.record.id, created: now, updated: now };
        // Writing the key again orders all changes of its aliases.
        kms.commit(Changes::new().update_key(target, &target.record).put_alias(target, name, &record, None))
            .await
    }
}
