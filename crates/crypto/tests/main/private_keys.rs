//! Reading private keys: what is one, what is not, and that each has one form to be kept in.

use crate::keys::{curve_identifier, curve_name, ec, element, of_every_spec, pkcs8, rsa};
use claviger_crypto::{Curve, NotPrivateKey, PrivateKey, PrivateKeySpec, PublicKey, RsaSize};
use claviger_names::KeyId;

const CURVES: [(Curve, usize); 4] =
    [(Curve::P256, 32), (Curve::P384, 48), (Curve::P521, 66), (Curve::Secp256k1, 32)];
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// The parameters of P-256 spelled out (SEC 1, C.2), as OpenSSL writes them with `-param_enc explicit`.
const EXPLICIT_P256: &str = concat!(
    "020101302c06072a8648ce3d0101022100ffffffff00000001000000000000000000000000ffffffffffffff",
    "ffffffffff305b0420ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205a",
    "c635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e704936a66",
    "78e1139d26b7819f7e900441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2",
    "964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100ffffffff00000000",
    "ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101",
);
const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";

fn refused(spec: PrivateKeySpec, bytes: &[u8]) -> bool {
    PrivateKey::from_pkcs8(spec, bytes).err() == Some(NotPrivateKey)
}

/// The contents of an element and what is behind it.
fn split(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let (header, length) = match der[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let header = 2 + usize::from(long & 0x7f);
            (header, der[2..header].iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
        }
    };
    (der[0], &der[header..header + length], &der[header + length..])
}

fn elements(mut der: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        let (tag, contents, behind) = split(der);
        elements.push((tag, contents.to_vec()));
        der = behind;
    }
    elements
}

fn sequence(elements: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let inside: Vec<u8> = elements.iter().flat_map(|(tag, contents)| element(*tag, &[contents])).collect();
    element(0x30, &[&inside])
}

#[test]
fn a_key_reads_back_as_it_was_kept_and_as_no_other_spec() {
    for key in of_every_spec() {
        let kept = key.pkcs8().expose();
        let again = PrivateKey::from_pkcs8(key.spec(), kept).unwrap();
        assert_eq!(again.spec(), key.spec());
        assert!(again.pkcs8().expose() == kept, "{:?}", key.spec());
        assert_eq!(again.public_key().der(), key.public_key().der());
        let der = key.public_key().der();
        assert_eq!(PublicKey::from_der(key.spec(), der).unwrap().der(), der);
        for spec in PrivateKeySpec::ALL.into_iter().filter(|spec| *spec != key.spec()) {
            assert!(refused(spec, kept), "{:?} as {spec:?}", key.spec());
            assert!(PublicKey::from_der(spec, der).is_err(), "{:?} as {spec:?}", key.spec());
        }
    }
}

#[test]
fn a_generated_rsa_key_has_its_size() {
    for (spec, bytes) in PrivateKeySpec::ALL[..3].iter().zip([256, 384, 512]) {
        let key = PrivateKey::generate(*spec).unwrap();
        assert!(PrivateKey::from_pkcs8(*spec, key.pkcs8().expose()).is_ok());
        assert!(key.public_key().der().len() > bytes && key.public_key().der().len() < bytes + 48);
    }
}

#[test]
fn two_generated_keys_are_two() {
    for spec in PrivateKeySpec::ALL[3..].iter() {
        let [one, other] = [(); 2].map(|()| PrivateKey::generate(*spec).unwrap());
        assert_ne!(one.public_key().der(), other.public_key().der());
    }
}

#[test]
fn no_part_of_a_key_is_one_and_nothing_may_stand_behind_it() {
    for key in of_every_spec() {
        let kept = key.pkcs8().expose();
        for end in (0..kept.len()).step_by(kept.len() / 40 + 1).chain([kept.len() - 1]) {
            assert!(refused(key.spec(), &kept[..end]), "{:?} to {end}", key.spec());
        }
        assert!(refused(key.spec(), &[kept, &[0]].concat()));
        let mut inside = elements(split(kept).1);
        inside[2].1.push(0);
        assert!(refused(key.spec(), &sequence(&inside)), "{:?}", key.spec());
        assert!(PublicKey::from_der(key.spec(), &[key.public_key().der(), &[0]].concat()).is_err());
    }
}

#[test]
fn ber_is_read_and_kept_as_der() {
    for key in of_every_spec() {
        let kept = key.pkcs8().expose();
        let parts = elements(split(kept).1);
        let (left, right) = parts[2].1.split_at(parts[2].1.len() / 2);
        let string = [&[0x24, 0x80][..], &element(4, &[left]), &element(4, &[right]), &[0, 0]].concat();
        let algorithm = element(0x30, &[&parts[1].1]);
        let ber = [&[0x30, 0x80, 2, 0x81, 1, 0][..], &algorithm, &string, &[0, 0]].concat();
        let read = PrivateKey::from_pkcs8(key.spec(), &ber).unwrap();
        assert!(read.pkcs8().expose() == kept, "{:?}", key.spec());
        assert!(refused(key.spec(), &ber[..ber.len() - 1]));
    }
}

#[test]
fn attributes_are_dropped_and_other_members_refused() {
    for key in of_every_spec() {
        let parts = elements(split(key.pkcs8().expose()).1);
        let with = |tag: u8, version: u8| {
            let mut parts = parts.clone();
            parts[0].1 = vec![version];
            parts.push((tag, vec![]));
            sequence(&parts)
        };
        let read = PrivateKey::from_pkcs8(key.spec(), &with(0xa0, 0)).unwrap();
        assert!(read.pkcs8().expose() == key.pkcs8().expose());
        for (tag, version) in [(0xa1, 1), (0xa2, 0), (0x81, 0), (0x81, 1), (0xa0, 2), (0x04, 0)] {
            assert!(refused(key.spec(), &with(tag, version)), "{:?} {tag:#x} {version}", key.spec());
        }
    }
}

#[test]
fn an_rsa_key_has_two_primes_and_all_its_numbers() {
    let spec = PrivateKeySpec::Rsa(RsaSize::Rsa2048);
    let key = rsa(RsaSize::Rsa2048);
    let numbers = elements(split(&elements(split(key.pkcs8().expose()).1)[2].1).1);
    let read = |numbers: &[(u8, Vec<u8>)]| PrivateKey::from_pkcs8(spec, &pkcs8(RSA, &sequence(numbers)));
    assert!(read(&numbers).is_ok());
    for at in 1..numbers.len() {
        for changed in [vec![0], vec![1], numbers[if at == 4 { 5 } else { 4 }].1.clone()] {
            let mut numbers = numbers.clone();
            numbers[at].1 = changed;
            assert!(read(&numbers).is_err(), "number {at}");
        }
    }
    let three_primes = [&[(2, vec![1])], &numbers[1..], &[(0x30, vec![])]].concat();
    assert!(read(&three_primes).is_err());
    assert!(read(&numbers[..4]).is_err());
    // What Java's tools strip down to: the modulus and the private exponent, with zeros for the rest.
    let stripped = numbers.iter().enumerate().map(|(at, number)| match at {
        2 | 4.. => (2, vec![0]),
        _ => number.clone(),
    });
    assert!(read(&stripped.collect::<Vec<_>>()).is_err());
    assert!(refused(spec, &pkcs8(&RSA[..RSA.len() - 2], &sequence(&numbers))), "parameters are absent");
}

/// `ECPrivateKey` with these optional members.
fn ec_pkcs8(curve: Curve, scalar: &[u8], name: Option<&[u8]>, point: Option<&[u8]>) -> Vec<u8> {
    let name = name.map_or(vec![], |name| element(0xa0, &[name]));
    let point = point.map_or(vec![], |point| element(0xa1, &[&element(3, &[&[0], point])]));
    let private = element(0x30, &[&element(2, &[&[1]]), &element(4, &[scalar]), &name, &point]);
    pkcs8(&curve_identifier(curve), &private)
}

#[test]
fn the_point_of_an_ec_key_may_be_compressed_or_absent_but_not_another() {
    for (curve, bytes) in CURVES {
        let spec = PrivateKeySpec::Ec(curve);
        let scalar = [&vec![0; bytes - 2][..], &[3, 7]].concat();
        let key = ec(curve, bytes, &scalar).unwrap();
        let other = ec(curve, bytes, &[3, 8]).unwrap();
        let point = |key: &PrivateKey| {
            key.public_key().der()[key.public_key().der().len() - 2 * bytes - 1..].to_vec()
        };
        let (whole, strange) = (point(&key), point(&other));
        let compressed = [&[2 + (whole[2 * bytes] & 1)][..], &whole[1..=bytes]].concat();
        let opposite = [&[3 - (whole[2 * bytes] & 1)][..], &whole[1..=bytes]].concat();
        let hybrid = [&[6 + (whole[2 * bytes] & 1)][..], &whole[1..]].concat();
        for name in [None, Some(curve_name(curve))] {
            for point in [None, Some(&whole[..]), Some(&compressed[..])] {
                let read = PrivateKey::from_pkcs8(spec, &ec_pkcs8(curve, &scalar, name, point)).unwrap();
                assert!(read.pkcs8().expose() == key.pkcs8().expose(), "{curve:?}");
            }
        }
        for point in [&strange[..], &opposite, &hybrid, &[0], &[], &whole[1..], &whole[..2 * bytes]] {
            assert!(refused(spec, &ec_pkcs8(curve, &scalar, None, Some(point))), "{curve:?} {point:?}");
        }
        assert!(PrivateKey::from_pkcs8(spec, &ec_pkcs8(curve, &scalar[bytes - 2..], None, None)).is_ok());
    }
}

#[test]
fn the_number_of_an_ec_key_is_in_its_range() {
    for (curve, bytes) in CURVES {
        let spec = PrivateKeySpec::Ec(curve);
        assert!(ec(curve, bytes, &[1]).is_ok());
        assert!(ec(curve, bytes, &[]).is_err(), "zero");
        assert!(ec(curve, bytes, &vec![0xff; bytes]).is_err(), "beyond the order");
        assert!(refused(spec, &ec_pkcs8(curve, &vec![0; bytes + 1], None, None)));
        assert!(refused(spec, &ec_pkcs8(curve, &[], None, None)));
    }
}

#[test]
fn only_a_named_curve_is_read_and_only_the_one_of_the_spec() {
    let other = curve_name(Curve::P384);
    assert!(refused(PrivateKeySpec::Ec(Curve::P256), &ec_pkcs8(Curve::P256, &[9; 32], Some(other), None)));
    let spec = PrivateKeySpec::Ec(Curve::P256);
    let digits = EXPLICIT_P256.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let explicit: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let explicit = element(0x30, &[&explicit]);
    assert!(refused(spec, &ec_pkcs8(Curve::P256, &[9; 32], Some(&explicit), None)));
    let private = element(0x30, &[&element(2, &[&[1]]), &element(4, &[&[9; 32]])]);
    let identifier = [&b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"[..], &explicit].concat();
    assert!(refused(spec, &pkcs8(&identifier, &private)));
    let read_elsewhere = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &pkcs8(&identifier, &private),
    );
    assert!(read_elsewhere.is_ok(), "the parameters are those of the curve");
}

#[test]
fn a_public_key_is_a_point_of_its_curve_or_a_modulus_with_its_exponent() {
    for key in of_every_spec() {
        let mut der = key.public_key().der().to_vec();
        match key.spec() {
            PrivateKeySpec::Ec(_) | PrivateKeySpec::Sm2 => *der.last_mut().unwrap() ^= 1,
            // An exponent that is even.
            PrivateKeySpec::Rsa(_) => *der.last_mut().unwrap() ^= 1,
            PrivateKeySpec::Ed25519 | PrivateKeySpec::MlDsa(_) | PrivateKeySpec::MlKem(_) => der.truncate(40),
        }
        assert!(PublicKey::from_der(key.spec(), &der).is_err(), "{:?}", key.spec());
    }
}

#[test]
fn the_public_half_of_an_ed25519_key_is_derived() {
    let spec = PrivateKeySpec::Ed25519;
    let key = PrivateKey::generate(spec).unwrap();
    let seed = &key.pkcs8().expose()[16..];
    let public = &key.public_key().der()[12..];
    let version_2 = |public: &[u8]| {
        let parts = [
            element(2, &[&[1]]),
            element(0x30, &[ED25519]),
            element(4, &[&element(4, &[seed])]),
            element(0x81, &[&[0], public]),
        ];
        element(0x30, &[&parts.concat()])
    };
    let read = PrivateKey::from_pkcs8(spec, &version_2(public)).unwrap();
    assert!(read.pkcs8().expose() == key.pkcs8().expose());
    assert!(refused(spec, &version_2(&[public[0] ^ 1; 32])));
    assert!(refused(spec, &version_2(&public[1..])));
    for bytes in [0, 31, 33, 64] {
        assert!(refused(spec, &pkcs8(ED25519, &element(4, &[&vec![5; bytes]]))), "{bytes}");
    }
}

/// The last of each key is the seed: 32 bytes of ML-DSA, `d` and `z` of ML-KEM.
#[test]
fn ml_dsa_and_ml_kem_keys_are_kept_as_seeds() {
    for (spec, bytes) in PrivateKeySpec::ALL[8..14].iter().zip([54, 54, 54, 86, 86, 86]) {
        assert_eq!(PrivateKey::generate(*spec).unwrap().pkcs8().len(), bytes, "{spec:?}");
    }
    for (spec, seed) in [(PrivateKeySpec::ALL[8], 32), (PrivateKeySpec::ALL[11], 64)] {
        let key = PrivateKey::generate(spec).unwrap();
        let mut parts = elements(split(key.pkcs8().expose()).1);
        for private in [
            element(0x80, &[&vec![1; seed + 1]]),
            element(0x80, &[&vec![1; seed - 1]]),
            element(4, &[&vec![1; seed]]),
        ] {
            parts[2].1 = private;
            assert!(refused(spec, &sequence(&parts)), "{spec:?}");
        }
    }
}

#[test]
fn the_id_of_a_key_pair_depends_on_both_keys_and_on_nothing_else() {
    let (here, there) = (KeyId::SingleRegion([7; 16]), KeyId::MultiRegion([7; 16]));
    for key in of_every_spec() {
        let again = PrivateKey::from_pkcs8(key.spec(), key.pkcs8().expose()).unwrap();
        assert_eq!(again.id_for(&here), key.id_for(&here));
        assert_ne!(key.id_for(&there), key.id_for(&here));
    }
    let [one, other] = [(); 2].map(|()| PrivateKey::generate(PrivateKeySpec::Ed25519).unwrap());
    assert_ne!(one.id_for(&here), other.id_for(&here));
}
