//! The request quotas and AWS's rates for them.

use std::fmt;
use std::str::FromStr;

use claviger_names::Region;

use crate::model::{KeyPairSpec, KeySpec};
use crate::op::{self, OPERATIONS, QuotaBucket};

/// Requests that count together: cryptographic operations with one kind of key, data key pairs of one kind, or one
/// operation. Its number in the table of all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestQuota(usize);

/// The text is the name of no request quota.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown request quota `{0}`; there are {1}, and the operations that are not cryptographic, by their names"
)]
pub struct UnknownQuota(String, String);

const SYMMETRIC: RequestQuota = RequestQuota(0);
const RSA: RequestQuota = RequestQuota(1);
const ECC: RequestQuota = RequestQuota(2);
const ML_DSA: RequestQuota = RequestQuota(3);
const ML_KEM: RequestQuota = RequestQuota(4);

/// The shared quotas and AWS's rates, in requests per second. AWS tells none for ML-KEM: they have those of ML-DSA, and
/// of the pairs on curves.
const SHARED: [(&str, u32); 17] = [
    ("cryptographic_symmetric", 10_000),
    ("cryptographic_rsa", 1_000),
    ("cryptographic_ecc", 1_000),
    ("cryptographic_ml_dsa", 1_000),
    ("cryptographic_ml_kem", 1_000),
    ("data_key_pair_rsa_2048", 20),
    ("data_key_pair_rsa_3072", 4),
    ("data_key_pair_rsa_4096", 1),
    ("data_key_pair_ecc_nist_p256", 100),
    ("data_key_pair_ecc_nist_p384", 100),
    ("data_key_pair_ecc_nist_p521", 100),
    ("data_key_pair_ecc_secg_p256k1", 100),
    ("data_key_pair_sm2", 25),
    ("data_key_pair_ecc_nist_edwards25519", 100),
    ("data_key_pair_ml_kem_512", 100),
    ("data_key_pair_ml_kem_768", 100),
    ("data_key_pair_ml_kem_1024", 100),
];

/// What the names of the quotas of key pairs begin with.
const PAIR: &str = "data_key_pair_";

/// The Regions with more symmetric requests, and how many.
const SYMMETRIC_REGIONS: [(&str, u32); 9] = [
    ("us-east-1", 100_000),
    ("us-west-2", 100_000),
    ("eu-west-1", 100_000),
    ("us-east-2", 20_000),
    ("ap-southeast-1", 20_000),
    ("ap-southeast-2", 20_000),
    ("ap-northeast-1", 20_000),
    ("eu-central-1", 20_000),
    ("eu-west-2", 20_000),
];

impl RequestQuota {
    /// How many there are.
    pub(super) const COUNT: usize = SHARED.len() + OPERATIONS.len();

    /// Every one that requests can count against.
    pub(super) fn all() -> impl Iterator<Item = RequestQuota> {
        (0..RequestQuota::COUNT).map(RequestQuota).filter(|quota| quota.usual_rate().is_some())
    }

    /// That of an operation which has one of its own.
    pub(crate) fn of_operation(name: &str) -> Option<RequestQuota> {
        op::position(name).map(|at| RequestQuota(SHARED.len() + at))
    }

    /// That of cryptographic operations with such a key.
    pub(crate) fn of_key(spec: KeySpec) -> RequestQuota {
        use KeySpec::*;
        match spec {
            SYMMETRIC_DEFAULT | HMAC_224 | HMAC_256 | HMAC_384 | HMAC_512 => SYMMETRIC,
            RSA_2048 | RSA_3072 | RSA_4096 => RSA,
            ECC_NIST_P256 | ECC_NIST_P384 | ECC_NIST_P521 | ECC_SECG_P256K1 | ECC_NIST_EDWARDS25519 | SM2 => {
                ECC
            }
            ML_DSA_44 | ML_DSA_65 | ML_DSA_87 => ML_DSA,
            ML_KEM_512 | ML_KEM_768 | ML_KEM_1024 => ML_KEM,
        }
    }

    /// That of random bytes.
    pub(crate) fn of_no_key() -> RequestQuota {
        SYMMETRIC
    }

    /// That of such data key pairs.
    pub(crate) fn of_pair(spec: KeyPairSpec) -> Option<RequestQuota> {
        let is_of =
            |name: &str| name.strip_prefix(PAIR).is_some_and(|pair| pair.eq_ignore_ascii_case(spec.name()));
        SHARED.iter().position(|(name, _)| is_of(name)).map(RequestQuota)
    }

    pub(super) fn index(self) -> usize {
        self.0
    }

    /// AWS's rate in this Region.
    pub(super) fn rate_in(self, region: Region) -> u32 {
        let more = SYMMETRIC_REGIONS.iter().find(|(name, _)| self == SYMMETRIC && *name == region.as_str());
        more.map(|(_, rate)| *rate).or(self.usual_rate()).unwrap_or(u32::MAX)
    }

    fn usual_rate(self) -> Option<u32> {
        match (SHARED.get(self.0), self.operation().map(|entry| entry.facts.quota)) {
            (Some((_, rate)), _) => Some(*rate),
            (None, Some(QuotaBucket::Own(rate))) => Some(rate),
            (None, Some(QuotaBucket::Cryptographic | QuotaBucket::DataKeyPair) | None) => None,
        }
    }

    fn operation(self) -> Option<&'static op::Entry> {
        OPERATIONS.get(self.0.checked_sub(SHARED.len())?)
    }
}

impl fmt::Display for RequestQuota {
    /// The shared quota's name, or the operation's: `create_key`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = SHARED.get(self.0) {
            return f.write_str(name);
        }
        let name = self.operation().map_or("", |entry| entry.facts.name);
        for (at, letter) in name.char_indices() {
            if at > 0 && letter.is_ascii_uppercase() {
                f.write_str("_")?;
            }
            write!(f, "{}", letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}

impl fmt::Debug for RequestQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RequestQuota {
    type Err = UnknownQuota;

    fn from_str(name: &str) -> Result<RequestQuota, UnknownQuota> {
        let known = RequestQuota::all().find(|quota| quota.to_string() == name);
        known.ok_or_else(|| UnknownQuota(name.to_owned(), SHARED.map(|(name, _)| name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use claviger_wire::Enumerated;

    use super::*;

    #[test]
    fn every_quota_is_found_by_its_name() {
        for quota in RequestQuota::all() {
            assert_eq!(quota.to_string().parse(), Ok(quota));
        }
        assert!("create_key".parse::<RequestQuota>().is_ok());
        let own = OPERATIONS.iter().filter(|entry| matches!(entry.facts.quota, QuotaBucket::Own(_)));
        assert_eq!(RequestQuota::all().count(), SHARED.len() + own.count());
        for unknown in ["", "encrypt", "generate_data_key_pair", "cryptographic", "CreateKey"] {
            assert!(unknown.parse::<RequestQuota>().is_err(), "{unknown}");
        }
    }

    #[test]
    fn every_kind_of_key_and_pair_has_its_quota() {
        let of = |spec: KeySpec| RequestQuota::of_key(spec).to_string();
        assert_eq!(of(KeySpec::HMAC_224), "cryptographic_symmetric");
        assert_eq!(of(KeySpec::RSA_4096), "cryptographic_rsa");
        assert_eq!(of(KeySpec::ECC_NIST_EDWARDS25519), "cryptographic_ecc");
        assert_eq!(of(KeySpec::ML_DSA_65), "cryptographic_ml_dsa");
        assert_eq!(of(KeySpec::ML_KEM_768), "cryptographic_ml_kem");
        for (name, spec) in KeyPairSpec::NAMES {
            let quota = RequestQuota::of_pair(*spec).unwrap().to_string();
            assert_eq!(quota, format!("{PAIR}{}", name.to_ascii_lowercase()));
        }
    }

    #[test]
    fn symmetric_requests_have_more_room_in_the_largest_regions() {
        let rate = |region: &str| SYMMETRIC.rate_in(region.parse().unwrap());
        assert_eq!((rate("us-east-1"), rate("eu-central-1"), rate("eu-west-3")), (100_000, 20_000, 10_000));
        assert_eq!(RSA.rate_in("us-east-1".parse().unwrap()), 1_000);
        assert_eq!(
            RequestQuota::of_operation("DescribeKey").unwrap().rate_in("us-east-1".parse().unwrap()),
            2_000
        );
    }
}
