//! What an operator is told of a node's keys beside what they are used for: what is held in memory, and what expires.

use claviger_cache::Fill;
use claviger_clock::Timestamp;

use claviger_names::{AccountId, Region};
use claviger_wire::Enumerated as _;

use crate::fault::Fault;
use crate::keyspace;
use crate::kms::Kms;
use crate::model::{KeySpec, Place};

/// Most keys whose expirations are told, the soonest.
const EXPIRATIONS_TOLD_MAX: usize = 1_000;

/// A key whose imported material expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiration {
    /// Whose key it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// Its ARN.
    pub key_arn: String,
    /// Its id.
    pub key_id: String,
    /// When the first of its materials does, to the second.
    pub at: Timestamp,
}

/// The names of all key specs.
pub fn key_specs() -> impl Iterator<Item = &'static str> {
    KeySpec::NAMES.iter().map(|(name, _)| *name)
}

impl Kms {
    /// What is held in memory, by what it is.
    pub fn caches(&self) -> [(&'static str, Fill); 3] {
        let cache = &self.cache;
        [("keys", cache.keys.fill()), ("aliases", cache.aliases.fill()), ("grants", cache.granted.fill())]
    }

    /// The keys whose material expires, the soonest first, each once.
    pub async fn expirations(&self) -> Result<Vec<Expiration>, Fault> {
        let mut found: Vec<Expiration> = Vec::new();
        for (Place { account, region }, id, at) in
            keyspace::next_expirations(&self.store, EXPIRATIONS_TOLD_MAX).await?
        {
            let key_arn = id.arn(account, region);
            if !found.iter().any(|known| known.key_arn == key_arn) {
                found.push(Expiration { account, region, key_arn, key_id: id.to_string(), at });
            }
        }
        Ok(found)
    }
}
