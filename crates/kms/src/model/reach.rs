//! What AWS has in some Regions only: which ones, is decided here and nowhere else.

use claviger_crypto::{MaterialSpec, PrivateKeySpec, WrappingAlgorithm, WrappingKeySpec};
use claviger_names::Region;

/// The partition of the Regions in China.
const CHINA: &str = "aws-cn";

/// In which Regions something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Everywhere,
    China,
    OutsideChina,
}

/// What not every Region need have. A name of the API becomes one only with [`Regional::in_region`].
pub(crate) trait Regional: Copy {
    /// In which Regions it is.
    fn reach(self) -> Reach;

    /// It, where this Region has it.
    fn in_region(self, region: Region) -> Option<Self> {
        let is_there = match self.reach() {
            Reach::Everywhere => true,
            Reach::China => region.partition() == CHINA,
            Reach::OutsideChina => region.partition() != CHINA,
        };
        is_there.then_some(self)
    }
}

impl Regional for MaterialSpec {
    fn reach(self) -> Reach {
        match self {
            MaterialSpec::Symmetric | MaterialSpec::Mac(_) => Reach::Everywhere,
            MaterialSpec::PrivateKey(spec) => spec.reach(),
        }
    }
}

impl Regional for PrivateKeySpec {
    fn reach(self) -> Reach {
        match self {
            PrivateKeySpec::Sm2 => Reach::China,
            PrivateKeySpec::MlKem(_) => Reach::OutsideChina,
            PrivateKeySpec::Rsa(_)
            | PrivateKeySpec::Ec(_)
            | PrivateKeySpec::Ed25519
            | PrivateKeySpec::MlDsa(_) => Reach::Everywhere,
        }
    }
}

impl Regional for WrappingAlgorithm {
    fn reach(self) -> Reach {
        use claviger_crypto::EncryptionAlgorithm::{RsaesOaep, Sm2Pke};
        match self {
            WrappingAlgorithm::Direct(Sm2Pke) => Reach::China,
            WrappingAlgorithm::RsaAesKeyWrap(_) => Reach::OutsideChina,
            WrappingAlgorithm::Direct(RsaesOaep(_)) => Reach::Everywhere,
        }
    }
}

impl Regional for WrappingKeySpec {
    fn reach(self) -> Reach {
        match self {
            WrappingKeySpec::Sm2 => Reach::China,
            WrappingKeySpec::Rsa(_) => Reach::Everywhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(what: impl Regional, region: &str) -> bool {
        what.in_region(region.parse().unwrap()).is_some()
    }

    #[test]
    fn sm2_is_for_china_alone_and_ml_kem_for_the_rest() {
        for spec in PrivateKeySpec::ALL {
            let name = spec.name();
            let expected = (name == "SM2", name.starts_with("ML_KEM"));
            for china in ["cn-north-1", "cn-northwest-1"] {
                assert_eq!(is_in(spec, china), !expected.1, "{name}");
            }
            for other in ["us-east-1", "us-gov-west-1", "ap-east-1"] {
                assert_eq!(is_in(MaterialSpec::PrivateKey(spec), other), !expected.0, "{name}");
            }
        }
    }

    #[test]
    fn china_wraps_with_sm2_where_others_wrap_with_rsa_and_aes() {
        for algorithm in WrappingAlgorithm::ALL {
            let name = algorithm.name();
            assert_eq!(is_in(algorithm, "cn-north-1"), !name.starts_with("RSA_AES"), "{name}");
            assert_eq!(is_in(algorithm, "eu-west-1"), name != "SM2PKE", "{name}");
        }
        for spec in WrappingKeySpec::ALL {
            assert!(is_in(spec, "cn-northwest-1"));
            assert_eq!(is_in(spec, "eu-west-1"), spec != WrappingKeySpec::Sm2);
        }
    }
}
