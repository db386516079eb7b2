//! What the API calls the ways of importing key material.

use claviger_crypto::{self as crypto, WrappingAlgorithm};
use claviger_names::Region;
use claviger_wire::Enumerated;

use super::Regional;
use super::enumeration::name_of;

/// Whether imported material expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExpirationModel {
    #[default]
    Expires,
    DoesNotExpire,
}

impl ExpirationModel {
    /// The model's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(ExpirationModel::NAMES, self)
    }
}

impl Enumerated for ExpirationModel {
    const NAMES: &'static [(&'static str, ExpirationModel)] = &[
        ("KEY_MATERIAL_EXPIRES", ExpirationModel::Expires),
        ("KEY_MATERIAL_DOES_NOT_EXPIRE", ExpirationModel::DoesNotExpire),
    ];
}

/// Whether material is new to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImportType {
    New,
    Existing,
}

impl ImportType {
    /// The type's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(ImportType::NAMES, self)
    }
}

impl Enumerated for ImportType {
    const NAMES: &'static [(&'static str, ImportType)] =
        &[("NEW_KEY_MATERIAL", ImportType::New), ("EXISTING_KEY_MATERIAL", ImportType::Existing)];
}

/// A way to wrap key material, served here or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
#[allow(clippy::upper_case_acronyms, reason = "the API's own spelling")]
pub(crate) enum WrappingAlgorithmName {
    RSAES_PKCS1_V1_5,
    RSAES_OAEP_SHA_1,
    RSAES_OAEP_SHA_256,
    RSA_AES_KEY_WRAP_SHA_1,
    RSA_AES_KEY_WRAP_SHA_256,
    SM2PKE,
}

impl WrappingAlgorithmName {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(WrappingAlgorithmName::NAMES, self)
    }

    /// The algorithm; none where AWS gave it up, or this Region does not have it.
    pub(crate) fn served_in(self, region: Region) -> Option<WrappingAlgorithm> {
        WrappingAlgorithm::from_name(self.name())?.in_region(region)
    }
}

impl Enumerated for WrappingAlgorithmName {
    const NAMES: &'static [(&'static str, WrappingAlgorithmName)] = &[
        ("RSAES_PKCS1_V1_5", WrappingAlgorithmName::RSAES_PKCS1_V1_5),
        ("RSAES_OAEP_SHA_1", WrappingAlgorithmName::RSAES_OAEP_SHA_1),
        ("RSAES_OAEP_SHA_256", WrappingAlgorithmName::RSAES_OAEP_SHA_256),
        ("RSA_AES_KEY_WRAP_SHA_1", WrappingAlgorithmName::RSA_AES_KEY_WRAP_SHA_1),
        ("RSA_AES_KEY_WRAP_SHA_256", WrappingAlgorithmName::RSA_AES_KEY_WRAP_SHA_256),
        ("SM2PKE", WrappingAlgorithmName::SM2PKE),
    ];
}

/// The kind and size of the key that material is wrapped to, served here or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrappingKeySpecName(crypto::WrappingKeySpec);

impl WrappingKeySpecName {
    /// The spec's name in the API.
    pub(crate) fn name(self) -> &'static str {
        self.0.name()
    }

    /// The spec; none where this Region does not have it.
    pub(crate) fn served_in(self, region: Region) -> Option<crypto::WrappingKeySpec> {
        self.0.in_region(region)
    }
}

impl Enumerated for WrappingKeySpecName {
    const NAMES: &'static [(&'static str, WrappingKeySpecName)] = &WRAPPING_KEY_SPECS;
}

const WRAPPING_KEY_SPECS: [(&str, WrappingKeySpecName); crypto::WrappingKeySpec::ALL.len()] = {
    let all = crypto::WrappingKeySpec::ALL;
    let mut named = [("", WrappingKeySpecName(all[0])); crypto::WrappingKeySpec::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        named[at] = (all[at].name(), WrappingKeySpecName(all[at]));
        at += 1;
    }
    named
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_that_can_be_unwrapped_has_a_name_in_the_api() {
        let mut served: Vec<_> = Vec::new();
        for region in ["us-east-1", "cn-north-1"] {
            let region = region.parse().unwrap();
            let names = WrappingAlgorithmName::NAMES.iter();
            served.extend(names.filter_map(|(_, name)| name.served_in(region)));
        }
        for algorithm in WrappingAlgorithm::ALL {
            assert!(served.contains(&algorithm), "{algorithm:?}");
        }
        let gone = WrappingAlgorithmName::RSAES_PKCS1_V1_5;
        assert_eq!(gone.served_in("cn-north-1".parse().unwrap()), None);
    }
}
