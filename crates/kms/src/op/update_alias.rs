//! UpdateAlias: an alias stands for another key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_names::AliasName;
use claviger_wire::Members;

use super::member::{ALIAS_NAME, KEY_ID, check_alias_target, customer_alias};
use super::{Facts, Operation, PolicyType};
use crate::fault::Fault;
use crate::gate::{AliasAsk, AliasMoved, Permit};
use crate::keyspace::Changes;
use crate::kms::Kms;
use crate::model::{AliasRecord, Key};

pub(crate) struct UpdateAlias;

pub(crate) struct Request<'b> {
    name: AliasName,
    target: Cow<'b, str>,
}

impl Operation for UpdateAlias {
    const FACTS: Facts =
        Facts { policy: PolicyType::AliasAndKey, ..Facts::of_key("UpdateAlias", "kms:UpdateAlias") }
            .telling_key();
    type Scope = AliasMoved;
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

    fn fits(_: &Request<'_>, scope: &AliasMoved) -> Result<(), Fault> {
        check_alike(&scope.from, &scope.to)
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, AliasMoved>,
        request: &Self::Request<'_>,
    ) -> Result<(), Fault> {
        let AliasMoved { alias, from, to } = permit.scope();
        let record = AliasRecord { target: to.record.id, updated: kms.now(), ..alias.record.clone() };
        let mut changes =
            Changes::new().update_key(to, &to.record).put_alias(to, &request.name, &record, Some(alias));
        if from.record.id != to.record.id {
            kms.quotas.check_aliases(to.aliases.len())?;
            changes = changes.update_key(from, &from.record);
            changes = changes.detach_alias(&from.place, &from.record.id, &request.name);
        }
        kms.commit(changes).await
    }
}

/// Refuses to point an alias at a key of another kind: what was written under the one could not be read under the other.
fn check_alike(from: &Key, to: &Key) -> Result<(), Fault> {
    let alike = from.record.usage == to.record.usage && from.record.spec.kind() == to.record.spec.kind();
    match alike {
        true => Ok(()),
        false => Err(Fault::Validation(Cow::Owned(format!(
            "Alias cannot be updated to refer to {}: its key type or key usage differs from that of {}.",
            to.arn, from.arn
        )))),
    }
}
