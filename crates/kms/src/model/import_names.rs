//! What the API calls the ways of importing key material.

use claviger_crypto::{RsaSize, WrappingAlgorithm};
use claviger_wire::Enumerated;

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

    /// The algorithm; none where AWS gave it up, or has it in China alone.
    pub(crate) fn served(self) -> Option<WrappingAlgorithm> {
        WrappingAlgorithm::from_name(self.name())
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

/// The kind and size of the key that material is wrapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
pub(crate) enum WrappingKeySpec {
    RSA_2048,
    RSA_3072,
    RSA_4096,
    SM2,
}

impl WrappingKeySpec {
    /// The spec's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(WrappingKeySpec::NAMES, self)
    }

    /// The size of the RSA key; none of what AWS has in China alone.
    pub(crate) fn served(self) -> Option<RsaSize> {
        match self {
            WrappingKeySpec::RSA_2048 => Some(RsaSize::Rsa2048),
            WrappingKeySpec::RSA_3072 => Some(RsaSize::Rsa3072),
            WrappingKeySpec::RSA_4096 => Some(RsaSize::Rsa4096),
            WrappingKeySpec::SM2 => None,
        }
    }

    /// The one of this size.
    pub(crate) fn of(size: RsaSize) -> WrappingKeySpec {
        match size {
            RsaSize::Rsa2048 => WrappingKeySpec::RSA_2048,
            RsaSize::Rsa3072 => WrappingKeySpec::RSA_3072,
            RsaSize::Rsa4096 => WrappingKeySpec::RSA_4096,
        }
    }
}

impl Enumerated for WrappingKeySpec {
    const NAMES: &'static [(&'static str, WrappingKeySpec)] = &[
        ("RSA_2048", WrappingKeySpec::RSA_2048),
        ("RSA_3072", WrappingKeySpec::RSA_3072),
        ("RSA_4096", WrappingKeySpec::RSA_4096),
        ("SM2", WrappingKeySpec::SM2),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_that_can_be_unwrapped_has_a_name_in_the_api() {
        let served: Vec<_> =
            WrappingAlgorithmName::NAMES.iter().filter_map(|(_, name)| name.served()).collect();
        assert_eq!(served, WrappingAlgorithm::ALL);
    }

    #[test]
    fn every_size_has_a_name_that_leads_back_to_it() {
        for size in WrappingKeySpec::NAMES.iter().filter_map(|(_, spec)| spec.served()) {
            assert_eq!(WrappingKeySpec::of(size).served(), Some(size));
        }
    }
}
