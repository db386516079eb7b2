//! Quotas: what an account may take of this service in a Region (developer guide, quotas). Requests are counted against
//! whoever sends them, resources against whoever owns them.

mod keys;
mod rate;
mod requests;

pub(crate) use keys::KeyCounts;
pub use rate::{RequestQuota, UnknownQuota};
pub(crate) use requests::Requests;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::fault::Fault;

/// What an operator can set of the quotas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Most customer managed keys of an account in a Region, in whatever state.
    pub keys: u32,
    /// Most aliases of a key.
    pub aliases_per_key: u32,
    /// Most grants of a key.
    pub grants_per_key: u32,
    /// Requests in a second, where they are counted: what differs from AWS's rates.
    pub requests: Option<BTreeMap<RequestQuota, NonZeroU32>>,
}

/// AWS's (developer guide, resource quotas).
const KEYS: u32 = 100_000;
const ALIASES_PER_KEY: u32 = 50;
const GRANTS_PER_KEY: u32 = 50_000;

impl Default for Quotas {
    /// AWS's, without request rates.
    fn default() -> Quotas {
        Quotas {
            keys: KEYS,
            aliases_per_key: ALIASES_PER_KEY,
            grants_per_key: GRANTS_PER_KEY,
            requests: None,
        }
    }
}

// AWS documents that these end in LimitExceededException, and no words for it: these are ours.
impl Quotas {
    /// Refuses one alias more where a key has so many.
    pub(crate) fn check_aliases(&self, aliases: usize) -> Result<(), Fault> {
        exceeded(aliases as u64, self.aliases_per_key, "aliases per key")
    }

    /// Refuses one grant more where a key has so many.
    pub(crate) fn check_grants(&self, grants: u64) -> Result<(), Fault> {
        exceeded(grants, self.grants_per_key, "grants per key")
    }

    /// Refuses one key more where a place has so many.
    pub(crate) fn check_keys(&self, keys: u64) -> Result<(), Fault> {
        exceeded(keys, self.keys, "KMS keys")
    }
}

fn exceeded(there: u64, most: u32, of: &str) -> Result<(), Fault> {
    match there < u64::from(most) {
        true => Ok(()),
        false => Err(Fault::LimitExceeded(format!("You cannot create more than {most} {of}.").into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(result: Result<(), Fault>) -> Option<String> {
        result.err().and_then(|fault| fault.message().map(String::from))
    }

    #[test]
    fn there_is_room_up_to_each_quota_and_none_above() {
        let quotas = Quotas::default();
        assert_eq!(told(quotas.check_grants(49_999)), None);
        let full = "You cannot create more than 50000 grants per key.";
        assert_eq!(told(quotas.check_grants(50_000)).as_deref(), Some(full));
        assert_eq!(told(quotas.check_grants(50_001)).as_deref(), Some(full));
        assert_eq!(told(quotas.check_aliases(49)), None);
        let full = "You cannot create more than 50 aliases per key.";
        assert_eq!(told(quotas.check_aliases(50)).as_deref(), Some(full));
        assert_eq!(told(quotas.check_keys(99_999)), None);
        let full = "You cannot create more than 100000 KMS keys.";
        assert_eq!(told(quotas.check_keys(100_000)).as_deref(), Some(full));
    }
}
