//! What grants let a caller do: they are looked up by whom they are for, and by the encryption context.

use std::borrow::Cow;
use std::iter::once;

use claviger_iam::{Caller, Principal};
use claviger_policy::GrantAllow;

use super::decide::Call;
use super::stated::Stated;
use crate::cache::{GrantAddress, Granted};
use crate::fault::Fault;
use crate::grant_token::GrantToken;
use crate::keyspace::{self, Grant, Lookup};
use crate::kms::Kms;
use crate::model::{GrantOperation, GrantRecord, Key};

/// A name under which a caller can be a grantee.
pub(crate) struct Handle {
    pub text: String,
    pub is_account: bool,
}

/// Refuses what is no token by its form, before anything is looked up.
pub(super) fn check_tokens(stated: &Stated<'_>) -> Result<(), Fault> {
    let is_token = |token: &Cow<'_, str>| token.parse::<GrantToken>().is_ok();
    if stated.grant_tokens.iter().all(is_token) { Ok(()) } else { Err(Fault::InvalidGrantToken) }
}

/// The grants that a request's tokens stand for: they count at once on every node, whatever is held in memory.
pub(super) async fn of_tokens(kms: &Kms, stated: &Stated<'_>) -> Result<Vec<Grant>, Fault> {
    let mut grants = Vec::new();
    for token in stated.grant_tokens {
        let GrantToken { place, key, id } = token.parse().map_err(|_| Fault::InvalidGrantToken)?;
        let grant = keyspace::load_grant(&kms.store, place, key, id).await?;
        grants.push(grant.ok_or(Fault::InvalidGrantToken)?);
    }
    Ok(grants)
}

/// A grant that lets the caller do this with the key. One to the caller itself goes before one to its account.
pub(crate) async fn allowing(
    kms: &Kms,
    call: &Call<'_>,
    key: &Key,
    operation: GrantOperation,
    stated: &Stated<'_>,
    of_tokens: &[Grant],
) -> Result<Option<GrantAllow>, Fault> {
    for handle in handles(call) {
        let is_of_key = |grant: &&Grant| grant.place == key.place && grant.key == key.record.id;
        let mut by_token = of_tokens.iter().filter(is_of_key).map(|grant| &grant.record);
        let is_for = |record: &&GrantRecord| record.terms.grantee.handle() == handle.text;
        let found = by_token.find(|record| is_for(record) && holds(record, call, operation, stated));
        let found = match found {
            Some(record) => Some(record.id),
            None => looked_up(kms, call, key, &handle, operation, stated).await?,
        };
        if let Some(id) = found {
            return Ok(Some(GrantAllow { id: id.bytes(), grantee_is_account: handle.is_account }));
        }
    }
    Ok(None)
}

/// Whether `record` names the caller, or its account.
pub(super) fn names(call: &Call<'_>, handle: &str) -> Option<Named> {
    let own = handles(call).into_iter().find(|own| own.text == handle)?;
    Some(if own.is_account { Named::Account } else { Named::Itself })
}

/// How a grant names a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// As user, role, session or service.
    Itself,
    /// By its account.
    Account,
}

async fn looked_up(
    kms: &Kms,
    call: &Call<'_>,
    key: &Key,
    handle: &Handle,
    operation: GrantOperation,
    stated: &Stated<'_>,
) -> Result<Option<crate::model::GrantId>, Fault> {
    for lookup in lookups(kms, key, &handle.text, operation, stated).await? {
        let Granted(records) = held(kms, key, lookup).await?;
        if let Some(record) = records.iter().find(|record| holds(record, call, operation, stated)) {
            return Ok(Some(record.id));
        }
    }
    Ok(None)
}

async fn lookups(
    kms: &Kms,
    key: &Key,
    handle: &str,
    operation: GrantOperation,
    stated: &Stated<'_>,
) -> Result<Vec<Lookup>, Fault> {
    if !operation.minds_context() {
        return Ok(vec![Lookup::free(handle), Lookup::plain(handle)]);
    }
    let mut lookups = vec![Lookup::free(handle)];
    if stated.pairs().next().is_some() {
        lookups.push(Lookup::equals(handle, stated.pairs())?);
        let Granted(subsets) = held(kms, key, Lookup::any_subset(handle)).await?;
        if !subsets.is_empty() {
            for pair in stated.pairs() {
                lookups.push(Lookup::subset(handle, pair)?);
            }
        }
    }
    Ok(lookups)
}

async fn held(kms: &Kms, key: &Key, lookup: Lookup) -> Result<Granted, Fault> {
    let (place, id) = (key.place, key.record.id);
    let address = GrantAddress { place, key: id, lookup };
    let load = || async {
        let records = keyspace::granted(&kms.store, &place, &id, &address.lookup).await?;
        Ok::<_, Fault>(Some(Granted(records)))
    };
    Ok(kms.cache.granted.read(&address, load).await?.unwrap_or_else(|| Granted(Vec::new().into())))
}

/// Whether a grant to the caller lets it do this.
pub(crate) fn holds(
    record: &GrantRecord,
    call: &Call<'_>,
    operation: GrantOperation,
    stated: &Stated<'_>,
) -> bool {
    // As good as a condition on aws:SourceArn (API model, GrantConstraints): only services can say for what they act.
    let wanted = record.terms.constraints.source_arn.as_deref();
    let has_source = wanted.is_none() || (call.is_by_service() && wanted == call.origin.source.arn);
    has_source
        && match stated.grant {
            Some(child) => operation == GrantOperation::CreateGrant && record.covers(&child),
            None => record.allows(operation, stated.pairs()),
        }
}

/// The names under which the caller can be a grantee.
pub(crate) fn handles(call: &Call<'_>) -> Vec<Handle> {
    let caller: &Caller = &call.credential.caller;
    let own = |text: String| Handle { text, is_account: false };
    let account = Handle { text: caller.account.to_string(), is_account: true };
    match &caller.principal {
        Principal::Root => vec![account],
        Principal::User(user) => vec![own(user.id.to_string()), account],
        Principal::Session(session) => {
            let role = own(session.role.id.to_string());
            vec![role, own(caller.arn(call.origin.region)), account]
        }
        Principal::FederatedUser(_) => vec![own(caller.arn(call.origin.region)), account],
        Principal::Service(name) => once(own(name.to_string())).collect(),
    }
}
