//! Which private keys there are.

use super::encryption::{EncryptionAlgorithm, Oaep};
use super::signing::{Hash, SigningAlgorithm};

/// Of what kind and size a private key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrivateKeySpec {
    /// RSA, with two primes.
    Rsa(RsaSize),
    /// On a curve of Weierstrass form.
    Ec(Curve),
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ML-DSA (FIPS 204).
    MlDsa(MlDsaSet),
    /// ML-KEM (FIPS 203).
    MlKem(MlKemSet),
    /// On the curve of GM/T 0003.5.
    Sm2,
}

/// Bits of an RSA modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaSize {
    /// 2048 bits.
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

/// A curve with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// SECG secp256k1.
    Secp256k1,
}

/// A parameter set of ML-DSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlDsaSet {
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
}

/// A parameter set of ML-KEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MlKemSet {
    /// ML-KEM-512.
    MlKem512,
    /// ML-KEM-768.
    MlKem768,
    /// ML-KEM-1024.
    MlKem1024,
}

impl PrivateKeySpec {
    /// Every one, in the order of AWS's documentation.
    pub const ALL: [PrivateKeySpec; 15] = [
        PrivateKeySpec::Rsa(RsaSize::Rsa2048),
        PrivateKeySpec::Rsa(RsaSize::Rsa3072),
        PrivateKeySpec::Rsa(RsaSize::Rsa4096),
        PrivateKeySpec::Ec(Curve::P256),
        PrivateKeySpec::Ec(Curve::P384),
        PrivateKeySpec::Ec(Curve::P521),
        PrivateKeySpec::Ec(Curve::Secp256k1),
        PrivateKeySpec::Ed25519,
        PrivateKeySpec::MlDsa(MlDsaSet::MlDsa44),
        PrivateKeySpec::MlDsa(MlDsaSet::MlDsa65),
        PrivateKeySpec::MlDsa(MlDsaSet::MlDsa87),
        PrivateKeySpec::MlKem(MlKemSet::MlKem512),
        PrivateKeySpec::MlKem(MlKemSet::MlKem768),
        PrivateKeySpec::MlKem(MlKemSet::MlKem1024),
        PrivateKeySpec::Sm2,
    ];

    /// What AWS calls it, such as `ECC_NIST_P256`.
    pub const fn name(self) -> &'static str {
        match self {
            PrivateKeySpec::Rsa(RsaSize::Rsa2048) => "RSA_2048",
            PrivateKeySpec::Rsa(RsaSize::Rsa3072) => "RSA_3072",
            PrivateKeySpec::Rsa(RsaSize::Rsa4096) => "RSA_4096",
            PrivateKeySpec::Ec(Curve::P256) => "ECC_NIST_P256",
            PrivateKeySpec::Ec(Curve::P384) => "ECC_NIST_P384",
            PrivateKeySpec::Ec(Curve::P521) => "ECC_NIST_P521",
            PrivateKeySpec::Ec(Curve::Secp256k1) => "ECC_SECG_P256K1",
            PrivateKeySpec::Ed25519 => "ECC_NIST_EDWARDS25519",
            PrivateKeySpec::MlDsa(MlDsaSet::MlDsa44) => "ML_DSA_44",
            PrivateKeySpec::MlDsa(MlDsaSet::MlDsa65) => "ML_DSA_65",
            PrivateKeySpec::MlDsa(MlDsaSet::MlDsa87) => "ML_DSA_87",
            PrivateKeySpec::MlKem(MlKemSet::MlKem512) => "ML_KEM_512",
            PrivateKeySpec::MlKem(MlKemSet::MlKem768) => "ML_KEM_768",
            PrivateKeySpec::MlKem(MlKemSet::MlKem1024) => "ML_KEM_1024",
            PrivateKeySpec::Sm2 => "SM2",
        }
    }

    /// The one that AWS calls by this name.
    pub fn from_name(name: &str) -> Option<PrivateKeySpec> {
        PrivateKeySpec::ALL.into_iter().find(|spec| spec.name() == name)
    }

    /// The algorithms that such a key signs with; none when it does not sign.
    pub const fn signing_algorithms(self) -> &'static [SigningAlgorithm] {
        const RSA: &[SigningAlgorithm] = &[
            SigningAlgorithm::RsaPkcs1(Hash::Sha256),
            SigningAlgorithm::RsaPkcs1(Hash::Sha384),
            SigningAlgorithm::RsaPkcs1(Hash::Sha512),
            SigningAlgorithm::RsaPss(Hash::Sha256),
            SigningAlgorithm::RsaPss(Hash::Sha384),
            SigningAlgorithm::RsaPss(Hash::Sha512),
        ];
        match self {
            PrivateKeySpec::Rsa(_) => RSA,
            PrivateKeySpec::Ec(curve) => match curve.hash() {
                Hash::Sha256 => &[SigningAlgorithm::Ecdsa(Hash::Sha256)],
                Hash::Sha384 => &[SigningAlgorithm::Ecdsa(Hash::Sha384)],
                Hash::Sha512 => &[SigningAlgorithm::Ecdsa(Hash::Sha512)],
            },
            PrivateKeySpec::Ed25519 => &[SigningAlgorithm::Ed25519, SigningAlgorithm::Ed25519Ph],
            PrivateKeySpec::MlDsa(_) => &[SigningAlgorithm::MlDsa],
            PrivateKeySpec::MlKem(_) => &[],
            PrivateKeySpec::Sm2 => &[SigningAlgorithm::Sm2Dsa],
        }
    }

    /// The algorithms that such a key encrypts with; none when it does not encrypt.
    pub const fn encryption_algorithms(self) -> &'static [EncryptionAlgorithm] {
        match self {
            PrivateKeySpec::Rsa(_) => {
                &[EncryptionAlgorithm::RsaesOaep(Oaep::Sha1), EncryptionAlgorithm::RsaesOaep(Oaep::Sha256)]
            }
            PrivateKeySpec::Sm2 => &[EncryptionAlgorithm::Sm2Pke],
            PrivateKeySpec::Ec(_)
            | PrivateKeySpec::Ed25519
            | PrivateKeySpec::MlDsa(_)
            | PrivateKeySpec::MlKem(_) => &[],
        }
    }

    /// What an AlgorithmIdentifier of such a key holds: its object identifier and the one form of its parameters.
    pub(crate) const fn algorithm_identifier(self) -> &'static [u8] {
        match self {
            PrivateKeySpec::Rsa(_) => b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
            PrivateKeySpec::Ec(Curve::P256) => {
                b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
            }
            PrivateKeySpec::Ec(Curve::P384) => {
                b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
            }
            PrivateKeySpec::Ec(Curve::P521) => {
                b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23"
            }
            PrivateKeySpec::Ec(Curve::Secp256k1) => {
                b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a"
            }
            PrivateKeySpec::Ed25519 => b"\x06\x03\x2b\x65\x70",
            PrivateKeySpec::MlDsa(MlDsaSet::MlDsa44) => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x11",
            PrivateKeySpec::MlDsa(MlDsaSet::MlDsa65) => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12",
            PrivateKeySpec::MlDsa(MlDsaSet::MlDsa87) => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13",
            PrivateKeySpec::MlKem(MlKemSet::MlKem512) => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04\x01",
            PrivateKeySpec::MlKem(MlKemSet::MlKem768) => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04\x02",
            PrivateKeySpec::MlKem(MlKemSet::MlKem1024) => b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04\x03",
            PrivateKeySpec::Sm2 => {
                b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d"
            }
        }
    }
}

impl RsaSize {
    /// Bytes of the modulus, of a signature and of a ciphertext.
    pub const fn bytes(self) -> usize {
        match self {
            RsaSize::Rsa2048 => 256,
            RsaSize::Rsa3072 => 384,
            RsaSize::Rsa4096 => 512,
        }
    }
}

impl Curve {
    /// Bytes of a coordinate and of a private key.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Curve::P256 | Curve::Secp256k1 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// The hash that its keys sign with.
    pub(crate) const fn hash(self) -> Hash {
        match self {
            Curve::P256 | Curve::Secp256k1 => Hash::Sha256,
            Curve::P384 => Hash::Sha384,
            Curve::P521 => Hash::Sha512,
        }
    }
}

impl MlKemSet {
    /// Bytes of a ciphertext.
    pub const fn ciphertext_bytes(self) -> usize {
        match self {
            MlKemSet::MlKem512 => 768,
            MlKemSet::MlKem768 => 1088,
            MlKemSet::MlKem1024 => 1568,
        }
    }
}

impl MlDsaSet {
    /// Bytes of a signature.
    pub const fn signature_bytes(self) -> usize {
        const LONGEST: usize = 4627;
        match self {
            MlDsaSet::MlDsa44 => 2420,
            MlDsaSet::MlDsa65 => 3309,
            MlDsaSet::MlDsa87 => LONGEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_has_a_name_and_an_identifier_of_its_own() {
        for (at, spec) in PrivateKeySpec::ALL.into_iter().enumerate() {
            assert_eq!(PrivateKeySpec::from_name(spec.name()), Some(spec));
            let same = |other: &PrivateKeySpec| other.algorithm_identifier() == spec.algorithm_identifier();
            let alike = PrivateKeySpec::ALL[at + 1..].iter().filter(|other| same(other));
            let rsa = matches!(spec, PrivateKeySpec::Rsa(_));
            assert_eq!(alike.count(), if rsa { 2 - at } else { 0 });
        }
        assert_eq!(PrivateKeySpec::from_name("RSA_1024"), None);
    }
}
