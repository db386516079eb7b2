//! What accounts may take: how many keys, and how many requests a second.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use claviger_kms::{Quotas, RequestQuota};
use serde::Deserialize;

use super::{Count, OutOfRange};

/// Quotas of each account in each Region. The defaults are AWS's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotaOptions {
    /// Most customer managed keys. Default 100000.
    pub keys: Count,
    /// Most aliases of a key, at most 1000. Default 50.
    pub aliases_per_key: AliasCount,
    /// Most grants of a key. Default 50000.
    pub grants_per_key: Count,
    /// Whether requests are counted. Default true.
    pub count_requests: bool,
    /// Requests in a second that differ from AWS's, by quota: `cryptographic_rsa = 2000`, `create_key = 50`. Default:
    /// none differ.
    pub requests_per_second: BTreeMap<QuotaName, Count>,
}

/// A number of aliases, from 1 to 1000: all of them are read with their key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct AliasCount(u32);

/// The name of a request quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct QuotaName(RequestQuota);

impl TryFrom<u64> for AliasCount {
    type Error = OutOfRange;

    fn try_from(number: u64) -> Result<AliasCount, OutOfRange> {
        let most = claviger_kms::ALIASES_PER_KEY_MAX as u64;
        let count = u32::try_from(number).ok().filter(|_| (1..=most).contains(&number));
        count.map(AliasCount).ok_or(OutOfRange::of("1", "1000"))
    }
}

impl TryFrom<String> for QuotaName {
    type Error = claviger_kms::UnknownQuota;

    fn try_from(name: String) -> Result<QuotaName, claviger_kms::UnknownQuota> {
        name.parse().map(QuotaName)
    }
}

impl Default for QuotaOptions {
    fn default() -> QuotaOptions {
        let Quotas { keys, aliases_per_key, grants_per_key, .. } = Quotas::default();
        QuotaOptions {
            keys: Count::new(keys),
            aliases_per_key: AliasCount(aliases_per_key),
            grants_per_key: Count::new(grants_per_key),
            count_requests: true,
            requests_per_second: BTreeMap::new(),
        }
    }
}

impl QuotaOptions {
    /// The same as the service takes it.
    pub fn quotas(&self) -> Quotas {
        let set = self.requests_per_second.iter();
        let rates = set.filter_map(|(QuotaName(quota), rate)| Some((*quota, NonZeroU32::new(rate.get())?)));
        Quotas {
            keys: self.keys.get(),
            aliases_per_key: self.aliases_per_key.0,
            grants_per_key: self.grants_per_key.get(),
            requests: self.count_requests.then(|| rates.collect()),
        }
    }
}
