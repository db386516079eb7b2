//! From what a request calls a key to the key.

use std::sync::Arc;

use claviger_crypto::KeyIdentity;
use claviger_iam::IntegratedService;
use claviger_names::{AliasName, Arn, KeyId};

use super::decide::Call;
use crate::aws_managed::FirstUse;
use crate::fault::{Fault, Missing};
use crate::kms::Kms;
use crate::model::{Key, Place};
use crate::op::{Facts, KeyNames};

/// The one operation that makes a key behind an alias of AWS's for everybody.
const DESCRIBE: &str = "DescribeKey";

/// A key, and the alias that the request named it by.
pub(super) struct Found {
    pub key: Arc<Key>,
    pub alias: Option<AliasName>,
    /// How the key comes to be there, where it is not yet.
    pub first_use: Option<Box<FirstUse>>,
}

impl Found {
    /// A key that is there, named by itself.
    pub(super) fn itself(key: Arc<Key>) -> Found {
        Found { key, alias: None, first_use: None }
    }
}

/// What a request's key identifier turned out to be.
enum Named {
    Key(Place, KeyId),
    Alias(Place, Box<str>),
}

/// The key that `text` names, by id, ARN, alias name or alias ARN, as the operation takes them.
pub(super) async fn named_key(kms: &Kms, call: &Call<'_>, facts: &Facts, text: &str) -> Result<Found, Fault> {
    match read(call, facts, text)? {
        Named::Key(place, id) => Ok(Found::itself(key(kms, call, facts, place, id).await?)),
        Named::Alias(place, name) => aliased_key(kms, call, facts, place, &name).await,
    }
}

/// The key that a ciphertext names. A multi-Region key is met in the caller's Region.
pub(super) async fn ciphertext_key(
    kms: &Kms,
    call: &Call<'_>,
    identity: KeyIdentity,
) -> Result<Arc<Key>, Fault> {
    let place = Place { account: identity.account, region: call.place().region };
    if identity.region != place.region && !identity.key.is_multi_region() {
        return Err(Call::denied_by_ciphertext());
    }
    kms.key_at(place, identity.key, call.origin.now).await?.ok_or_else(Call::denied_by_ciphertext)
}

fn read(call: &Call<'_>, facts: &Facts, text: &str) -> Result<Named, Fault> {
    if text.starts_with("arn:") {
        return read_arn(call, facts, text);
    }
    match (text.starts_with("alias/"), facts.names) {
        (true, KeyNames::KeyOrAlias) => Ok(Named::Alias(call.place(), text.into())),
        (true, KeyNames::Key | KeyNames::None) => Err(Fault::NotFound(Missing::KeyId(text.into()))),
        (false, _) => {
            let id = text.parse().map_err(|_| Fault::NotFound(Missing::KeyId(text.into())))?;
            Ok(Named::Key(call.place(), id))
        }
    }
}

fn read_arn(call: &Call<'_>, facts: &Facts, text: &str) -> Result<Named, Fault> {
    let invalid = || Fault::NotFound(Missing::Arn(text.into()));
    let region = call.place().region;
    let arn = Arn::parse(text).map_err(|_| invalid())?;
    if arn.region != region.as_str() {
        return Err(Fault::NotFound(Missing::Arn(arn.region.into())));
    }
    if arn.partition != region.partition() {
        return Err(invalid());
    }
    let place = Place { account: arn.account, region };
    match (arn.resource.strip_prefix("key/"), facts.names) {
        (Some(id), _) => {
            let id = id.parse().map_err(|_| Fault::NotFound(Missing::KeyId(id.into())))?;
            Ok(Named::Key(place, id))
        }
        (None, _) if !arn.resource.starts_with("alias/") => Err(invalid()),
        (None, KeyNames::KeyOrAlias) => Ok(Named::Alias(place, arn.resource.into())),
        (None, KeyNames::Key | KeyNames::None) => {
            Err(Fault::InvalidArn("Key Aliases are not supported for this operation.".into()))
        }
    }
}

async fn key(kms: &Kms, call: &Call<'_>, facts: &Facts, place: Place, id: KeyId) -> Result<Arc<Key>, Fault> {
    // What nobody may do across accounts tells nothing of a foreign key, not even in the part that is decided first.
    if place.account != call.account() && !facts.cross_account {
        return Err(call.denied_across_accounts(facts));
    }
    let missing = || Fault::NotFound(Missing::Key(id.arn(place.account, place.region).into()));
    kms.key_at(place, id, call.origin.now).await?.ok_or_else(|| undisclosed(call, facts, place, missing()))
}

async fn aliased_key(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    place: Place,
    name: &str,
) -> Result<Found, Fault> {
    let missing = || {
        let Place { account, region } = place;
        let arn = format!("arn:{}:kms:{region}:{account}:{name}", region.partition());
        undisclosed(call, facts, place, Fault::NotFound(Missing::Alias(arn.into())))
    };
    let alias: AliasName = name.parse().map_err(|_| missing())?;
    if let Some(target) = kms.alias_target(place, alias.clone()).await? {
        let key = key(kms, call, facts, place, target).await?;
        return Ok(Found { key, alias: Some(alias), first_use: None });
    }
    // Boxed: hardly any request comes here.
    let first_use = Box::pin(first_use(kms, call, facts, place, &alias)).await?.ok_or_else(missing)?;
    Ok(Found { key: Arc::clone(&first_use.key), alias: Some(alias), first_use: Some(Box::new(first_use)) })
}

/// An alias of AWS's has no key before its first use: by its service, for somebody of the account, or by whoever asks
/// what it is (API reference, DescribeKey).
async fn first_use(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    place: Place,
    alias: &AliasName,
) -> Result<Option<FirstUse>, Fault> {
    if !alias.is_reserved() || place.account != call.account() || call.is_by_service() {
        return Ok(None);
    }
    let service = kms.directory.service_of_alias(alias).await.map_err(Fault::internal)?;
    let via = call.credential.caller.services().last().map(|service| &service.principal);
    let is_used = |service: &IntegratedService| facts.name == DESCRIBE || via == Some(&service.principal);
    match service.filter(is_used) {
        Some(service) => Ok(Some(kms.aws_managed_key(place, &service, alias).await?)),
        None => Ok(None),
    }
}

/// Of another account's keys nobody learns whether they exist.
fn undisclosed(call: &Call<'_>, facts: &Facts, place: Place, fault: Fault) -> Fault {
    match place.account == call.account() {
        true => fault,
        false => call.denied_across_accounts(facts),
    }
}
