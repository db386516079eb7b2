//! RevokeGrant: ends a grant, by whoever administers the key.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_wire::Members;

use super::grant::GRANT_ID;
use super::member::KEY_ID;
use super::{Facts, Operation, QuotaBucket, States};
use crate::fault::{Fault, Missing};
use crate::gate::{KeyAsk, OneKey, Permit};
use crate::keyspace::{self, Changes};
use crate::kms::Kms;
use crate::model::GrantId;

pub(crate) struct RevokeGrant;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    id: GrantId,
    dry_run: Option<bool>,
}

impl Operation for RevokeGrant {
    const FACTS: Facts = Facts {
        cross_account: true,
        states: States::Any,
        quota: QuotaBucket::Own(50),
        ..Facts::of_key("RevokeGrant", "kms:RevokeGrant")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = ();

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        let id = members.required_text("GrantId", &GRANT_ID);
        let dry_run = members.flag("DryRun");
        let (key, id) = members.finish((key, id))?;
        Ok(Request { key, id: id.parse().map_err(|_| Fault::InvalidGrantId)?, dry_run })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        Ok(KeyAsk::named(&request.key))
    }

    fn shown(request: &Request<'_>) -> Shown {
        Shown::new()
            .text("keyId", &request.key)
            .text("grantId", &request.id.to_string())
            .maybe_flag("dryRun", request.dry_run)
    }

    async fn run(kms: &Kms, permit: Permit<'_, OneKey>, request: &Self::Request<'_>) -> Result<(), Fault> {
        let OneKey(key) = permit.scope();
        let grant = keyspace::load_grant(&kms.store, key.place, key.record.id, request.id).await?;
        let missing = || Fault::NotFound(Missing::Grant(request.id.to_string().into()));
        let grant = grant.ok_or_else(missing)?;
        // Only here is it known whether it would succeed.
        if request.dry_run == Some(true) {
            return Err(Fault::DryRun);
        }
        let _turn = kms.grant_turns.of(&key.record.id).await;
        let count = keyspace::count_grants(&kms.store, &key.place, &key.record.id).await?;
        kms.commit(Changes::new().delete_grant(&grant, count)).await
    }
}
