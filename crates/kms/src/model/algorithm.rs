//! Algorithms, as requests name them and as answers list those of a key.

use claviger_crypto::{self as crypto, MaterialSpec};
use claviger_names::Region;
use claviger_wire::Enumerated;
use serde::{Serialize, Serializer};

use super::enumeration::name_of;
use super::{KeySpec, KeyUsage, Regional};

/// The algorithms of a key, as the member of its usage in KeyMetadata and in a public key's answer.
#[derive(Serialize)]
#[allow(clippy::enum_variant_names, reason = "the API's own spelling")]
pub(crate) enum Algorithms {
    EncryptionAlgorithms(Vec<&'static str>),
    SigningAlgorithms(Vec<&'static str>),
    MacAlgorithms(Vec<&'static str>),
    KeyAgreementAlgorithms(Vec<&'static str>),
    EncapsulationAlgorithms(Vec<&'static str>),
}

impl Algorithms {
    /// Those of a key of this spec that is for this.
    pub(crate) fn of(spec: KeySpec, usage: KeyUsage) -> Algorithms {
        match usage {
            KeyUsage::ENCRYPT_DECRYPT => Algorithms::EncryptionAlgorithms(match spec.material() {
                MaterialSpec::PrivateKey(spec) => {
                    spec.encryption_algorithms().iter().map(|algorithm| algorithm.name()).collect()
                }
                MaterialSpec::Symmetric | MaterialSpec::Mac(_) => vec!["SYMMETRIC_DEFAULT"],
            }),
            KeyUsage::SIGN_VERIFY => Algorithms::SigningAlgorithms(match spec.material() {
                MaterialSpec::PrivateKey(spec) => {
                    spec.signing_algorithms().iter().map(|algorithm| algorithm.name()).collect()
                }
                MaterialSpec::Symmetric | MaterialSpec::Mac(_) => Vec::new(),
            }),
            KeyUsage::GENERATE_VERIFY_MAC => Algorithms::MacAlgorithms(match spec.material() {
                MaterialSpec::Mac(spec) => vec![spec.algorithm_name()],
                MaterialSpec::Symmetric | MaterialSpec::PrivateKey(_) => Vec::new(),
            }),
            KeyUsage::KEY_AGREEMENT => Algorithms::KeyAgreementAlgorithms(vec!["ECDH"]),
            KeyUsage::ENCAPSULATE_DECAPSULATE => Algorithms::EncapsulationAlgorithms(vec!["ML_KEM"]),
        }
    }

    /// Their names.
    pub(crate) fn names(&self) -> &[&'static str] {
        match self {
            Algorithms::EncryptionAlgorithms(names)
            | Algorithms::SigningAlgorithms(names)
            | Algorithms::MacAlgorithms(names)
            | Algorithms::KeyAgreementAlgorithms(names)
            | Algorithms::EncapsulationAlgorithms(names) => names,
        }
    }

    /// The member that lists them, as records spell it.
    pub(crate) fn shown_name(&self) -> &'static str {
        match self {
            Algorithms::EncryptionAlgorithms(_) => "encryptionAlgorithms",
            Algorithms::SigningAlgorithms(_) => "signingAlgorithms",
            Algorithms::MacAlgorithms(_) => "macAlgorithms",
            Algorithms::KeyAgreementAlgorithms(_) => "keyAgreementAlgorithms",
            Algorithms::EncapsulationAlgorithms(_) => "encapsulationAlgorithms",
        }
    }
}

/// Encryption algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
#[allow(clippy::upper_case_acronyms, reason = "the API's own spelling")]
pub(crate) enum EncryptionAlgorithm {
    #[default]
    SYMMETRIC_DEFAULT,
    RSAES_OAEP_SHA_1,
    RSAES_OAEP_SHA_256,
    SM2PKE,
}

impl EncryptionAlgorithm {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(EncryptionAlgorithm::NAMES, self)
    }

    /// The one of asymmetric keys, if it is one.
    pub(crate) fn asymmetric(self) -> Option<crypto::EncryptionAlgorithm> {
        crypto::EncryptionAlgorithm::from_name(self.name())
    }
}

impl Enumerated for EncryptionAlgorithm {
    const NAMES: &'static [(&'static str, EncryptionAlgorithm)] = &[
        ("SYMMETRIC_DEFAULT", EncryptionAlgorithm::SYMMETRIC_DEFAULT),
        ("RSAES_OAEP_SHA_1", EncryptionAlgorithm::RSAES_OAEP_SHA_1),
        ("RSAES_OAEP_SHA_256", EncryptionAlgorithm::RSAES_OAEP_SHA_256),
        ("SM2PKE", EncryptionAlgorithm::SM2PKE),
    ];
}

/// Signature algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SigningAlgorithm(pub crypto::SigningAlgorithm);

const SIGNING_ALGORITHMS: [(&str, SigningAlgorithm); crypto::SigningAlgorithm::ALL.len()] = {
    let all = crypto::SigningAlgorithm::ALL;
    let mut named = [("", SigningAlgorithm(all[0])); crypto::SigningAlgorithm::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        named[at] = (all[at].name(), SigningAlgorithm(all[at]));
        at += 1;
    }
    named
};

impl SigningAlgorithm {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        self.0.name()
    }
}

impl Enumerated for SigningAlgorithm {
    const NAMES: &'static [(&'static str, SigningAlgorithm)] = &SIGNING_ALGORITHMS;
}

impl Serialize for SigningAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What the bytes are that a caller has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageType(pub crypto::MessageType);

impl MessageType {
    /// The type's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(MessageType::NAMES, self)
    }
}

impl Default for MessageType {
    fn default() -> MessageType {
        MessageType(crypto::MessageType::Raw)
    }
}

impl Enumerated for MessageType {
    const NAMES: &'static [(&'static str, MessageType)] = &[
        ("RAW", MessageType(crypto::MessageType::Raw)),
        ("DIGEST", MessageType(crypto::MessageType::Digest)),
        ("EXTERNAL_MU", MessageType(crypto::MessageType::ExternalMu)),
    ];
}

/// Algorithms of message authentication codes. Each is of one key spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
pub(crate) enum MacAlgorithm {
    HMAC_SHA_224,
    HMAC_SHA_256,
    HMAC_SHA_384,
    HMAC_SHA_512,
}

impl MacAlgorithm {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(MacAlgorithm::NAMES, self)
    }
}

impl Enumerated for MacAlgorithm {
    const NAMES: &'static [(&'static str, MacAlgorithm)] = &[
        ("HMAC_SHA_384", MacAlgorithm::HMAC_SHA_384),
        ("HMAC_SHA_256", MacAlgorithm::HMAC_SHA_256),
        ("HMAC_SHA_224", MacAlgorithm::HMAC_SHA_224),
        ("HMAC_SHA_512", MacAlgorithm::HMAC_SHA_512),
    ];
}

/// How two holders of keys agree on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(clippy::upper_case_acronyms, reason = "the API's own spelling")]
pub(crate) enum KeyAgreementAlgorithm {
    ECDH,
}

impl KeyAgreementAlgorithm {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(KeyAgreementAlgorithm::NAMES, self)
    }
}

impl Enumerated for KeyAgreementAlgorithm {
    const NAMES: &'static [(&'static str, KeyAgreementAlgorithm)] = &[("ECDH", KeyAgreementAlgorithm::ECDH)];
}

/// How a secret is encapsulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(non_camel_case_types, reason = "the API's own spelling")]
pub(crate) enum EncapsulationAlgorithm {
    ML_KEM,
}

impl EncapsulationAlgorithm {
    /// The algorithm's name in the API.
    pub(crate) fn name(self) -> &'static str {
        name_of(EncapsulationAlgorithm::NAMES, self)
    }
}

impl Enumerated for EncapsulationAlgorithm {
    const NAMES: &'static [(&'static str, EncapsulationAlgorithm)] =
        &[("ML_KEM", EncapsulationAlgorithm::ML_KEM)];
}

/// Of what kind a data key pair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyPairSpec(crypto::PrivateKeySpec);

impl KeyPairSpec {
    /// The spec's name in the API.
    pub(crate) fn name(self) -> &'static str {
        self.0.name()
    }

    /// The pair; none where this Region makes no such pairs.
    pub(crate) fn served_in(self, region: Region) -> Option<crypto::PrivateKeySpec> {
        self.0.in_region(region)
    }
}

impl Enumerated for KeyPairSpec {
    const NAMES: &'static [(&'static str, KeyPairSpec)] = &KEY_PAIR_SPECS;
}

impl Serialize for KeyPairSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

const KEY_PAIR_SPECS: [(&str, KeyPairSpec); 12] = {
    use crypto::{Curve, MlKemSet, PrivateKeySpec as Spec, RsaSize};
    [
        pair(Spec::Rsa(RsaSize::Rsa2048)),
        pair(Spec::Rsa(RsaSize::Rsa3072)),
        pair(Spec::Rsa(RsaSize::Rsa4096)),
        pair(Spec::Ec(Curve::P256)),
        pair(Spec::Ec(Curve::P384)),
        pair(Spec::Ec(Curve::P521)),
        pair(Spec::Ec(Curve::Secp256k1)),
        pair(Spec::Sm2),
        pair(Spec::Ed25519),
        pair(Spec::MlKem(MlKemSet::MlKem512)),
        pair(Spec::MlKem(MlKemSet::MlKem768)),
        pair(Spec::MlKem(MlKemSet::MlKem1024)),
    ]
};

const fn pair(spec: crypto::PrivateKeySpec) -> (&'static str, KeyPairSpec) {
    (spec.name(), KeyPairSpec(spec))
}
