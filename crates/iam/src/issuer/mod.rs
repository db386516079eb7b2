//! The issuers of web identities that a deployment knows, and the keys that their tokens are verified with.

mod key_set;
mod remote;
#[cfg(test)]
mod tests;
mod url;
mod web;

use std::sync::Arc;

use arc_swap::ArcSwap;
use claviger_clock::Timestamp;

pub(crate) use key_set::{IssuerKey, WantedKey};
pub use url::{IssuerUrl, MalformedIssuerUrl};
pub use web::{FetchFailed, Web};

use key_set::KeySet;
use remote::{Place, Remote};

/// The issuers of web identities that this deployment knows.
#[derive(Default)]
pub struct Issuers(Vec<Issuer>);

struct Issuer {
    url: IssuerUrl,
    keys: Keys,
}

enum Keys {
    /// What the operator has given, until the operator gives others.
    Given(ArcSwap<KeySet>),
    /// What the issuer publishes.
    Published(Arc<Remote>),
}

/// Where the keys of an issuer come from.
pub enum KeySource {
    /// This JSON Web Key Set.
    Given(String),
    /// The JSON Web Key Set at this URL.
    At(Box<str>, Arc<dyn Web>),
    /// The one that the issuer's own description names (OpenID Connect Discovery).
    Discovered(Arc<dyn Web>),
}

/// Why an issuer cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerFault {
    /// Its keys are no JSON Web Key Set.
    #[error("the keys of the issuer {0} are no JSON Web Key Set: {1}")]
    Keys(IssuerUrl, Box<str>),
    /// None of its keys is one that is taken here.
    #[error("the issuer {0} has no RSA key of 2048 bits or more and no P-256 key for signatures")]
    NoKey(IssuerUrl),
}

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The issuer has none that fits.
    Unknown,
    /// The issuer could not be asked.
    Unreachable,
}

impl Issuers {
    /// The issuers of these URLs, each with where its keys come from. Nothing is fetched yet.
    pub fn new(issuers: impl IntoIterator<Item = (IssuerUrl, KeySource)>) -> Result<Issuers, IssuerFault> {
        issuers
            .into_iter()
            .map(|(url, source)| Issuer::new(url, source))
            .collect::<Result<_, _>>()
            .map(Issuers)
    }

    /// Gives an issuer whose keys are given other ones. On an error it keeps those that it has.
    pub fn exchange(&self, url: &IssuerUrl, keys: &str) -> Result<(), IssuerFault> {
        let keys = given(url, keys)?;
        for issuer in self.0.iter().filter(|issuer| issuer.url == *url) {
            if let Keys::Given(held) = &issuer.keys {
                held.store(Arc::clone(&keys));
            }
        }
        Ok(())
    }

    /// The key of a provider, host and path, that a token was signed with.
    pub(crate) async fn key(
        &self,
        provider: &str,
        wanted: &WantedKey<'_>,
        now: Timestamp,
    ) -> Result<Arc<IssuerKey>, NoKey> {
        let issuer = self.0.iter().find(|issuer| issuer.url.provider() == provider).ok_or(NoKey::Unknown)?;
        match &issuer.keys {
            Keys::Given(keys) => keys.load().find(wanted).ok_or(NoKey::Unknown),
            Keys::Published(remote) => remote.key(wanted, now).await,
        }
    }
}

impl Issuer {
    fn new(url: IssuerUrl, source: KeySource) -> Result<Issuer, IssuerFault> {
        let remote = |place, web| Keys::Published(Arc::new(Remote::new(url.clone(), place, web)));
        let keys = match source {
            KeySource::Given(keys) => Keys::Given(ArcSwap::new(given(&url, &keys)?)),
            KeySource::At(keys_url, web) => remote(Place::At(keys_url), web),
            KeySource::Discovered(web) => remote(Place::Discovered, web),
        };
        Ok(Issuer { url, keys })
    }
}

/// Keys that an operator gives; a set without a key to verify with is a mistake.
fn given(url: &IssuerUrl, keys: &str) -> Result<Arc<KeySet>, IssuerFault> {
    let keys = KeySet::read(keys.as_bytes())
        .map_err(|error| IssuerFault::Keys(url.clone(), error.to_string().into()))?;
    match keys.is_empty() {
        true => Err(IssuerFault::NoKey(url.clone())),
        false => Ok(Arc::new(keys)),
    }
}
