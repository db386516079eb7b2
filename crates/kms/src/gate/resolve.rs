//! From what a request calls a key to the key.

use std::sync::Arc;

use claviger_crypto::KeyIdentity;
use claviger_names::{AliasName, Arn, KeyId};

use super::decide::Call;
use crate::fault::{Fault, Missing};
use crate::kms::Kms;
use crate::model::{Key, Place};
use crate::op::{Facts, KeyNames};

/// What a request's key identifier turned out to be.
enum Named {
    Key(Place, KeyId),
    Alias(Place, Box<str>),
}

/// The key that `text` names, by id, ARN, alias name or alias ARN, as the operation takes them.
pub(super) async fn named_key(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    text: &str,
) -> Result<Arc<Key>, Fault> {
    match read(call, facts, text)? {
        Named::Key(place, id) => key(kms, call, facts, place, id).await,
        Named::Alias(place, name) => {
            let target = alias_target(kms, call, facts, place, &name).await?;
            key(kms, call, facts, place, target).await
        }
    }
}

/// The key that a ciphertext names, if the caller may be told of it. A multi-Region key is met in the caller's Region.
pub(super) async fn ciphertext_key(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    identity: KeyIdentity,
) -> Result<Arc<Key>, Fault> {
    let place = Place { account: identity.account, region: call.region };
    if identity.region != call.region && !identity.key.is_multi_region() {
        return Err(Call::denied_by_ciphertext());
    }
    let key = kms.key(place, identity.key).await?.ok_or_else(Call::denied_by_ciphertext)?;
    call.decide(facts, key.place.account).map_err(|_| Call::denied_by_ciphertext())?;
    Ok(key)
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
    let arn = Arn::parse(text).map_err(|_| invalid())?;
    if arn.region != call.region.as_str() {
        return Err(Fault::NotFound(Missing::Arn(arn.region.into())));
    }
    if arn.partition != call.region.partition() {
        return Err(invalid());
    }
    let place = Place { account: arn.account, region: call.region };
    match (arn.resource.strip_prefix("key/"), facts.names) {
        (Some(id), _) => {
            let id = id.parse().map_err(|_| Fault::NotFound(Missing::KeyId(id.into())))?;
            Ok(Named::Key(place, id))
        }
        (None, _) if !arn.resource.starts_with("alias/") => Err(invalid()),
        (None, KeyNames::KeyOrAlias) => Ok(Named::Alias(place, arn.resource.into())),
        (None, KeyNames::Key | KeyNames::None) => {
            Err(Fault::InvalidArn("Key Aliases are not supported for this operation."))
        }
    }
}

async fn key(kms: &Kms, call: &Call<'_>, facts: &Facts, place: Place, id: KeyId) -> Result<Arc<Key>, Fault> {
    // Of another account's keys nobody learns whether they exist.
    call.decide(facts, place.account)?;
    let missing = || Fault::NotFound(Missing::Key(id.arn(place.account, place.region).into()));
    kms.key(place, id).await?.ok_or_else(missing)
}

async fn alias_target(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    place: Place,
    name: &str,
) -> Result<KeyId, Fault> {
    call.decide(facts, place.account)?;
    let missing = || {
        let Place { account, region } = place;
        Fault::NotFound(Missing::Alias(
            format!("arn:{}:kms:{region}:{account}:{name}", region.partition()).into(),
        ))
    };
    let name: AliasName = name.parse().map_err(|_| missing())?;
    kms.alias_target(place, name).await?.ok_or_else(missing)
}
