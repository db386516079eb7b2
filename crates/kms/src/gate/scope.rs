//! What an operation touches: no key, one key, two keys, or an alias and its keys.

use std::sync::Arc;

use claviger_audit::{Resource, ResourceKind};
use claviger_crypto::KeyIdentity;
use claviger_names::AliasName;

use super::decide::Call;
use super::grants;
use super::resolve::{self, Found};
use super::stated::Stated;
use crate::fault::{Fault, Missing};
use crate::keyspace::{self, Alias};
use crate::kms::Kms;
use crate::model::{GrantOperation, Key, Place};
use crate::op::Facts;
use crate::pipeline::Trace;

/// What actions that are about no one resource are decided on.
const ANY_RESOURCE: &str = "*";

/// Something that a permit can be for.
pub(crate) trait Scope: Sized + Send + Sync {
    /// How a request names it.
    type Ask<'r>: Send;

    /// Finds it and decides whether the caller may do the operation on it.
    fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// The keys whose usage and state the operation depends on.
    fn keys(&self) -> impl Iterator<Item = &Arc<Key>>;
}

/// No key: the caller's own account, in the Region that was called.
pub(crate) struct NoKey(pub Place);

impl Scope for NoKey {
    type Ask<'r> = Stated<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        stated: Self::Ask<'_>,
        _: &mut Trace,
    ) -> Result<NoKey, Fault> {
        call.decide_in_account(kms, facts, ANY_RESOURCE, stated).await?;
        if stated.tags.is_some_and(|tags| !tags.is_empty()) {
            // Who makes something with tags must be allowed to tag (API reference, CreateKey).
            let tagging = Facts { action: "kms:TagResource", ..*facts };
            call.decide_in_account(kms, &tagging, ANY_RESOURCE, stated).await?;
        }
        Ok(NoKey(call.place()))
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::empty()
    }
}

/// The aliases of the caller's account, or of one of its keys, which need not be permitted itself.
pub(crate) struct ListedAliases(pub Option<Arc<Key>>);

impl Scope for ListedAliases {
    type Ask<'r> = Option<&'r str>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<ListedAliases, Fault> {
        call.decide_in_account(kms, facts, ANY_RESOURCE, Stated::default()).await?;
        let Some(text) = ask else { return Ok(ListedAliases(None)) };
        let found = resolve::named_key(kms, call, facts, text).await?;
        if found.key.place.account != call.account() {
            return Err(call.denied_across_accounts(facts));
        }
        touch(&found.key, trace);
        Ok(ListedAliases(Some(found.key)))
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.0.iter()
    }
}

/// A key that a request asks for, and what else it states that decides.
pub(crate) struct KeyAsk<'r> {
    name: KeyName<'r>,
    stated: Stated<'r>,
}

/// How a request names a key.
enum KeyName<'r> {
    /// By id, ARN or alias.
    Text(&'r str),
    /// By the ciphertext that was made under it.
    OfCiphertext(KeyIdentity),
}

impl<'r> KeyAsk<'r> {
    /// The key of this id, ARN or alias.
    pub(crate) fn named(text: &'r str) -> KeyAsk<'r> {
        KeyAsk { name: KeyName::Text(text), stated: Stated::default() }
    }

    /// The key that a ciphertext was made under.
    pub(crate) fn of_ciphertext(identity: KeyIdentity) -> KeyAsk<'r> {
        KeyAsk { name: KeyName::OfCiphertext(identity), stated: Stated::default() }
    }

    /// The same, for a request that states this.
    pub(crate) fn stating(self, stated: Stated<'r>) -> KeyAsk<'r> {
        KeyAsk { stated, ..self }
    }
}

/// One key.
pub(crate) struct OneKey(pub Arc<Key>);

impl Scope for OneKey {
    type Ask<'r> = KeyAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<OneKey, Fault> {
        one_key(kms, call, facts, ask, trace).await.map(OneKey)
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.0)
    }
}

/// How ReEncrypt names its keys.
pub(crate) struct TwoKeyAsk<'r> {
    pub source: KeyAsk<'r>,
    pub destination: KeyAsk<'r>,
}

/// The key of a ciphertext, and the one that it is to be encrypted under next.
pub(crate) struct TwoKeys {
    pub source: Arc<Key>,
    pub destination: Arc<Key>,
}

impl Scope for TwoKeys {
    type Ask<'r> = TwoKeyAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<TwoKeys, Fault> {
        let from =
            Facts { action: "kms:ReEncryptFrom", grant: Some(GrantOperation::ReEncryptFrom), ..*facts };
        let to = facts.re_encrypting_to();
        grants::check_tokens(&ask.source.stated)?;
        // A key that may not be used tells nothing of the other: its refusal is the same whether or not that one is there.
        let source = find(kms, call, &from, &ask.source.name, trace).await?;
        let destination = find(kms, call, &to, &ask.destination.name, trace).await;
        let same = destination.as_ref().ok().map(|destination| source.key.arn == destination.key.arn);
        let (of_source, of_destination) = (ask.source.stated, ask.destination.stated);
        let stated = Stated { re_encrypts_on_same_key: same.or(Some(false)), ..of_source };
        let source = decided(kms, call, &from, source, &ask.source.name, stated, trace).await?;
        let stated = Stated { re_encrypts_on_same_key: same, ..of_destination };
        let destination = decided(kms, call, &to, destination?, &ask.destination.name, stated, trace).await?;
        Ok(TwoKeys { source, destination })
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        [&self.source, &self.destination].into_iter()
    }
}

/// How an alias operation names the alias and, except for DeleteAlias, the key.
pub(crate) struct AliasAsk<'r> {
    pub name: &'r AliasName,
    pub target: &'r str,
}

/// An alias to be made, and its key.
pub(crate) struct AliasNew {
    pub target: Arc<Key>,
}

impl Scope for AliasNew {
    type Ask<'r> = AliasAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<AliasNew, Fault> {
        let target = find(kms, call, facts, &KeyName::Text(ask.target), trace).await?;
        touch_alias(call, ask.name, trace);
        decide_on_alias(kms, call, facts, ask.name).await?;
        let target =
            decided(kms, call, facts, target, &KeyName::Text(ask.target), Stated::default(), trace).await?;
        Ok(AliasNew { target })
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.target)
    }
}

/// An alias to be pointed at another key.
pub(crate) struct AliasMoved {
    pub alias: Alias,
    pub from: Arc<Key>,
    pub to: Arc<Key>,
}

impl Scope for AliasMoved {
    type Ask<'r> = AliasAsk<'r>;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        ask: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<AliasMoved, Fault> {
        let (alias, from) = standing_alias(kms, call, ask.name).await?;
        touch_alias(call, ask.name, trace);
        let to = find(kms, call, facts, &KeyName::Text(ask.target), trace).await?;
        decide_on_alias(kms, call, facts, ask.name).await?;
        call.decide_on_key(kms, facts, &from, None, Stated::default()).await?;
        let to = decided(kms, call, facts, to, &KeyName::Text(ask.target), Stated::default(), trace).await?;
        Ok(AliasMoved { alias, from, to })
    }

    // The key that the alias leaves may be in any state.
    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.to)
    }
}

/// An alias to be deleted, and its key.
pub(crate) struct AliasGone {
    pub alias: Alias,
    pub target: Arc<Key>,
}

impl Scope for AliasGone {
    type Ask<'r> = &'r AliasName;

    async fn admit(
        kms: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        name: Self::Ask<'_>,
        trace: &mut Trace,
    ) -> Result<AliasGone, Fault> {
        let (alias, target) = standing_alias(kms, call, name).await?;
        touch_alias(call, name, trace);
        touch(&target, trace);
        decide_on_alias(kms, call, facts, name).await?;
        call.decide_on_key(kms, facts, &target, None, Stated::default()).await?;
        Ok(AliasGone { alias, target })
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.target)
    }
}

pub(super) async fn one_key(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    KeyAsk { name, stated }: KeyAsk<'_>,
    trace: &mut Trace,
) -> Result<Arc<Key>, Fault> {
    grants::check_tokens(&stated)?;
    let found = find(kms, call, facts, &name, trace).await?;
    decided(kms, call, facts, found, &name, stated, trace).await
}

async fn find(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    name: &KeyName<'_>,
    trace: &mut Trace,
) -> Result<Found, Fault> {
    let found = match name {
        KeyName::Text(text) => resolve::named_key(kms, call, facts, text).await?,
        KeyName::OfCiphertext(identity) => {
            Found::itself(resolve::ciphertext_key(kms, call, *identity).await?)
        }
    };
    if found.first_use.is_none() {
        touch(&found.key, trace);
    }
    Ok(found)
}

/// The key, if the caller may do this on it; one that is not there yet is made only then.
async fn decided(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    Found { key, alias, first_use }: Found,
    name: &KeyName<'_>,
    stated: Stated<'_>,
    trace: &mut Trace,
) -> Result<Arc<Key>, Fault> {
    let alias = alias.as_ref().map(AliasName::as_str);
    let is_foreign = key.place.account != call.account();
    let decision = call.decide_on_key(kms, facts, &key, alias, stated).await;
    match (decision, first_use, name) {
        (Ok(()), None, _) => Ok(key),
        (Ok(()), Some(first_use), _) => {
            let key = Box::pin(kms.begin(*first_use)).await?;
            touch(&key, trace);
            Ok(key)
        }
        (Err(Fault::AccessDenied(_)), _, KeyName::OfCiphertext(_)) if is_foreign => {
            Err(Call::denied_by_ciphertext())
        }
        (Err(fault), _, _) => Err(fault),
    }
}

/// Only policies of the caller's own side can give what an alias operation needs on the alias.
async fn decide_on_alias(kms: &Kms, call: &Call<'_>, facts: &Facts, name: &AliasName) -> Result<(), Fault> {
    let place = call.place();
    call.decide_in_account(kms, facts, &name.arn(place.account, place.region), Stated::default()).await
}

async fn standing_alias(kms: &Kms, call: &Call<'_>, name: &AliasName) -> Result<(Alias, Arc<Key>), Fault> {
    let place = call.place();
    // Read anew: a change of the alias is guarded by the commit that it was read at.
    let alias = keyspace::load_alias(&kms.store, &place, name).await?;
    let missing = || Fault::NotFound(Missing::Alias(name.arn(place.account, place.region).into()));
    let alias = alias.ok_or_else(missing)?;
    // The aliases of a deleted key are gone with it.
    let key = kms.key(place, alias.record.target).await?.ok_or_else(missing)?;
    Ok((alias, key))
}

pub(super) fn touch(key: &Key, trace: &mut Trace) {
    trace.resources.push(Resource {
        account: key.place.account,
        arn: key.arn.clone(),
        kind: ResourceKind::Key,
    });
}

fn touch_alias(call: &Call<'_>, name: &AliasName, trace: &mut Trace) {
    let place = call.place();
    let arn = name.arn(place.account, place.region).into();
    trace.resources.push(Resource { account: place.account, arn, kind: ResourceKind::Key });
}
