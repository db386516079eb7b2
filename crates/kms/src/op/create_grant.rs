//! CreateGrant: lets somebody use a key, for as long as the grant stands.

use std::borrow::Cow;

use claviger_audit::Shown;
use claviger_names::AccountId;
use claviger_wire::Members;
use serde::Serialize;

use super::grant::check_terms;
use super::grant_terms::SentTerms;
use super::member::KEY_ID;
use super::{Facts, GrantOperation, Operation, QuotaBucket, States};
use crate::fault::Fault;
use crate::gate::{KeyAsk, OneKey, Permit, Stated};
use crate::grant_token::GrantToken;
use crate::keyspace::{self, Changes, GrantCount};
use crate::kms::Kms;
use crate::model::{GrantId, GrantRecord, GrantTerms, Key};
use crate::pipeline::Told;

pub(crate) struct CreateGrant;

pub(crate) struct Request<'b> {
    key: Cow<'b, str>,
    terms: SentTerms<'b>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    grant_token: String,
    grant_id: GrantId,
    #[serde(skip)]
    key: String,
}

impl Operation for CreateGrant {
    const FACTS: Facts = Facts {
        grant: Some(GrantOperation::CreateGrant),
        cross_account: true,
        states: States::Enabled,
        quota: QuotaBucket::Own(50),
        has_output: true,
        ..Facts::of_key("CreateGrant", "kms:CreateGrant")
    };
    type Scope = OneKey;
    type Request<'b> = Request<'b>;
    type Response = Response;

    fn parse(mut members: Members<'_>) -> Result<Request<'_>, Fault> {
        let key = members.required_text("KeyId", &KEY_ID);
        Ok(Request { key, terms: SentTerms::take(members)? })
    }

    fn asks<'r>(request: &'r Request<'_>) -> Result<KeyAsk<'r>, Fault> {
        let (grant, grant_tokens) = (Some(request.terms.ask()?), &request.terms.grant_tokens);
        Ok(KeyAsk::named(&request.key).stating(Stated { grant, grant_tokens, ..Stated::default() }))
    }

    fn shown(request: &Request<'_>) -> Shown {
        request.terms.show(Shown::new().text("keyId", &request.key))
    }

    fn told(response: &Response) -> Told {
        Told::elements(
            Shown::new().text("grantId", &response.grant_id.to_string()).text("keyId", &response.key),
        )
    }

    fn fits(request: &Request<'_>, OneKey(key): &OneKey) -> Result<(), Fault> {
        check_terms(key, &request.terms.operations, request.terms.constraints())
    }

    async fn run(
        kms: &Kms,
        permit: Permit<'_, OneKey>,
        request: &Self::Request<'_>,
    ) -> Result<Response, Fault> {
        let OneKey(key) = permit.scope();
        let terms = request.terms.bound(kms).await?;
        let _turn = kms.grant_turns.of(&key.record.id).await;
        // Read before the grants are looked through: whoever makes one of the same name meanwhile changes it.
        let count = keyspace::count_grants(&kms.store, &key.place, &key.record.id).await?;
        let known = same(kms, key, &terms).await?;
        // A retry makes no second one, so it needs no room.
        if known.is_none() {
            kms.quotas.check_grants(count.count)?;
        }
        // Only here is it known whether it would succeed.
        if request.terms.dry_run == Some(true) {
            return Err(Fault::DryRun);
        }
        let id = match known {
            Some(id) => id,
            None => create(kms, key, issuer(&permit, key), terms, count).await?,
        };
        let token = GrantToken { place: key.place, key: key.record.id, id };
        Ok(Response { grant_token: token.text(kms.random_bytes()?), grant_id: id, key: key.arn.to_string() })
    }
}

/// Under whose account a grant is issued: a service has none, so under the key's.
fn issuer(permit: &Permit<'_, OneKey>, key: &Key) -> AccountId {
    match permit.call().is_by_service() {
        true => key.place.account,
        false => permit.place().account,
    }
}

/// The grant that an earlier request of the same name and terms made: a retry makes no second one.
async fn same(kms: &Kms, key: &Key, terms: &GrantTerms) -> Result<Option<GrantId>, Fault> {
    let Some(name) = &terms.name else { return Ok(None) };
    let named = keyspace::named_grants(&kms.store, key.place, key.record.id, name).await?;
    Ok(named.into_iter().find(|grant| grant.record.terms == *terms).map(|grant| grant.record.id))
}

async fn create(
    kms: &Kms,
    key: &Key,
    issuer: AccountId,
    terms: GrantTerms,
    count: GrantCount,
) -> Result<GrantId, Fault> {
    let id = GrantId::from_random(kms.random_bytes()?);
    let record = GrantRecord { id, created: kms.now(), issuer, terms };
    kms.commit(Changes::new().create_grant(key, &record, count)).await?;
    Ok(id)
}
