//! What an operation touches: no key, one key, two keys, or an alias and its keys.

use std::sync::Arc;

use claviger_audit::{Resource, ResourceKind};
use claviger_crypto::KeyIdentity;
use claviger_names::AliasName;

use super::decide::Call;
use super::resolve;
use crate::fault::{Fault, Missing};
use crate::keyspace::{self, Alias};
use crate::kms::Kms;
use crate::model::Key;
use crate::op::Facts;
use crate::pipeline::Trace;

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

/// No key: the caller's own account.
pub(crate) struct NoKey;

impl Scope for NoKey {
    type Ask<'r> = ();

    async fn admit(
        _: &Kms,
        call: &Call<'_>,
        facts: &Facts,
        (): Self::Ask<'_>,
        _: &mut Trace,
    ) -> Result<NoKey, Fault> {
        call.decide(facts, call.place().account)?;
        Ok(NoKey)
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
        call.decide(facts, call.place().account)?;
        match ask {
            None => Ok(ListedAliases(None)),
            Some(text) => one_key(kms, call, facts, KeyAsk::Named(text), trace)
                .await
                .map(|key| ListedAliases(Some(key))),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.0.iter()
    }
}

/// How a request names a key.
pub(crate) enum KeyAsk<'r> {
    /// By id, ARN or alias.
    Named(&'r str),
    /// By the ciphertext that was made under it.
    OfCiphertext(KeyIdentity),
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
    pub destination: &'r str,
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
        let from = Facts { action: "kms:ReEncryptFrom", ..*facts };
        let to = Facts { action: "kms:ReEncryptTo", ..*facts };
        let source = one_key(kms, call, &from, ask.source, trace).await?;
        let destination = one_key(kms, call, &to, KeyAsk::Named(ask.destination), trace).await?;
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
        call.decide(facts, call.place().account)?;
        let target = one_key(kms, call, facts, KeyAsk::Named(ask.target), trace).await?;
        touch_alias(call, ask.name, trace);
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
        let (alias, from) = standing_alias(kms, call, facts, ask.name).await?;
        let to = one_key(kms, call, facts, KeyAsk::Named(ask.target), trace).await?;
        touch_alias(call, ask.name, trace);
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
        let (alias, target) = standing_alias(kms, call, facts, name).await?;
        touch_alias(call, name, trace);
        touch(&target, trace);
        Ok(AliasGone { alias, target })
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.target)
    }
}

async fn one_key(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    ask: KeyAsk<'_>,
    trace: &mut Trace,
) -> Result<Arc<Key>, Fault> {
    let key = match ask {
        KeyAsk::Named(text) => resolve::named_key(kms, call, facts, text).await?,
        KeyAsk::OfCiphertext(identity) => resolve::ciphertext_key(kms, call, facts, identity).await?,
    };
    touch(&key, trace);
    call.decide(facts, key.place.account)?;
    Ok(key)
}

async fn standing_alias(
    kms: &Kms,
    call: &Call<'_>,
    facts: &Facts,
    name: &AliasName,
) -> Result<(Alias, Arc<Key>), Fault> {
    let place = call.place();
    call.decide(facts, place.account)?;
    // Read anew: a change of the alias is guarded by the commit that it was read at.
    let alias = keyspace::load_alias(&kms.store, &place, name).await?;
    let missing = || Fault::NotFound(Missing::Alias(name.arn(place.account, place.region).into()));
    let alias = alias.ok_or_else(missing)?;
    // The aliases of a deleted key are gone with it.
    let key = kms.key(place, alias.record.target).await?.ok_or_else(missing)?;
    Ok((alias, key))
}

fn touch(key: &Key, trace: &mut Trace) {
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
