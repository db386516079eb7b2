//! SM2 against the examples of its standard (GM/T 0003.5-2012, annexes A and C) and of OpenSSL, and what is no key of it.

use crate::keys::{element, pkcs8};
use claviger_crypto::{
    AgreeError, AsymmetricDecryptError, EncryptionAlgorithm, InvalidCiphertext, MessageType, NotPrivateKey,
    PrivateKey, PrivateKeySpec, PublicKey, Signable, SigningAlgorithm, VerifyError,
};
use proptest::prelude::*;

/// id-ecPublicKey and 1.2.156.10197.1.301.
const IDENTIFIER: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";
const PRIVATE: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const PUBLIC: &str = concat!(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
);
/// Annex C: the point, the hash and the masked plaintext of the ciphertext.
const POINT: &str = concat!(
    "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73",
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
);
const HASH: &str = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766";
const MASKED: &str = "21886ca989ca9c7d58087307ca93092d651efa";
const ORDER: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
const COORDINATE_BYTES: usize = 32;

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// A PKCS#8 with these members of the ECPrivateKey.
fn written(scalar: &[u8], name: Option<&[u8]>, point: Option<&[u8]>) -> Vec<u8> {
    let name = name.map_or(vec![], |name| element(0xa0, &[name]));
    let point = point.map_or(vec![], |point| element(0xa1, &[&element(3, &[&[0], point])]));
    let private = element(0x30, &[&element(2, &[&[1]]), &element(4, &[scalar]), &name, &point]);
    pkcs8(IDENTIFIER, &private)
}

fn read(bytes: &[u8]) -> Result<PrivateKey, NotPrivateKey> {
    PrivateKey::from_pkcs8(PrivateKeySpec::Sm2, bytes)
}

/// The key of the standard's examples.
fn example() -> PrivateKey {
    read(&written(&hex(PRIVATE), None, None)).unwrap()
}

fn raw(message: &[u8]) -> Signable<'_> {
    Signable::new(SigningAlgorithm::Sm2Dsa, MessageType::Raw, message).unwrap()
}

/// A SEQUENCE of two integers.
fn signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    element(0x30, &[&element(2, &[r]), &element(2, &[s])])
}

#[test]
fn the_standards_key_has_the_standards_public_half() {
    let key = example();
    let der = element(0x30, &[&element(0x30, &[IDENTIFIER]), &element(3, &[&[0], &hex(PUBLIC)])]);
    assert_eq!(key.public_key().der(), der);
    assert_eq!(PublicKey::from_der(PrivateKeySpec::Sm2, &der).unwrap().der(), der);
    assert!(key.pkcs8().expose() == written(&hex(PRIVATE), None, Some(&hex(PUBLIC))));
}

#[test]
fn the_standards_signature_is_valid_raw_and_as_its_digest() {
    let r = hex("00f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3");
    let s = hex("00b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
    let digest = hex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
    let digest = Signable::new(SigningAlgorithm::Sm2Dsa, MessageType::Digest, &digest).unwrap();
    let (key, signature) = (example(), signature(&r, &s));
    for signable in [raw(b"message digest"), digest] {
        assert_eq!(key.public_key().verify(&signable, &signature), Ok(()));
    }
    let refused = Err(VerifyError::InvalidSignature);
    assert_eq!(key.public_key().verify(&raw(b"message digesu"), &signature), refused);
    assert_eq!(key.public_key().verify(&digest, &key.sign(&raw(b"message digest")).unwrap()), Ok(()));
    assert_eq!(key.public_key().verify(&raw(b"message digest"), &key.sign(&digest).unwrap()), Ok(()));
}

/// The standard's ciphertext, of a point whose second coordinate needs a sign in front; its hash and its masked plaintext
/// as they are given.
fn ciphertext(hash: &[u8], masked: &[u8]) -> Vec<u8> {
    let (x, y) = (hex(&POINT[..64]), hex(&POINT[64..]));
    let point = [element(2, &[&x]), element(2, &[&[0], &y])].concat();
    element(0x30, &[&point, &element(4, &[hash]), &element(4, &[masked])])
}

fn decrypt(bytes: &[u8]) -> Result<Vec<u8>, AsymmetricDecryptError> {
    example().decrypt(EncryptionAlgorithm::Sm2Pke, bytes).map(|plaintext| plaintext.expose().to_vec())
}

#[test]
fn the_standards_ciphertext_opens() {
    let sent = ciphertext(&hex(HASH), &hex(MASKED));
    assert_eq!(decrypt(&sent).unwrap(), b"encryption standard");
}

#[test]
fn the_same_bytes_divided_elsewhere_are_another_ciphertext() {
    let both = [hex(HASH), hex(MASKED)].concat();
    for at in (0..=both.len()).filter(|at| *at != HASH.len() / 2) {
        let (hash, masked) = both.split_at(at);
        let refused = AsymmetricDecryptError::InvalidCiphertext(InvalidCiphertext);
        assert_eq!(decrypt(&ciphertext(hash, masked)).err(), Some(refused), "{at}");
    }
}

#[test]
fn a_ciphertext_that_is_not_whole_or_not_der_is_refused() {
    let key = example();
    let sent = key.public_key().encrypt(EncryptionAlgorithm::Sm2Pke, b"sixteen letters.").unwrap();
    let refused = |bytes: &[u8]| {
        let expected = AsymmetricDecryptError::InvalidCiphertext(InvalidCiphertext);
        key.decrypt(EncryptionAlgorithm::Sm2Pke, bytes).err() == Some(expected)
    };
    for at in 0..sent.len() {
        let mut changed = sent.clone();
        changed[at] ^= 1;
        assert!(refused(&changed), "{at}");
        assert!(refused(&sent[..at]), "{at}");
    }
    assert!(refused(&[&sent[..], &[0]].concat()));
    assert!(refused(&ciphertext(&hex(HASH), &[])));
    assert!(key.public_key().encrypt(EncryptionAlgorithm::Sm2Pke, b"").is_err());
}

#[test]
fn a_signature_has_two_numbers_below_the_order_and_one_encoding() {
    let key = example();
    let refused = |signature: &[u8]| {
        key.public_key().verify(&raw(b"m"), signature) == Err(VerifyError::InvalidSignature)
    };
    let order = [&[0][..], &hex(ORDER)].concat();
    for (r, s) in [(&[0][..], &[1][..]), (&[1], &[0]), (&order, &[1]), (&[1], &order), (&[0x81], &[1])] {
        assert!(refused(&signature(r, s)), "{r:?} {s:?}");
    }
    let valid = key.sign(&raw(b"m")).unwrap();
    assert!(!refused(&valid));
    let longer = [&[0x30, 0x81][..], &valid[1..]].concat();
    for wrong in [&longer[..], &[&valid[..], &[0]].concat(), &valid[..valid.len() - 1], &[0; 64]] {
        assert!(refused(wrong));
    }
}

#[test]
fn two_signatures_of_one_message_differ() {
    let key = example();
    assert_ne!(key.sign(&raw(b"m")).unwrap(), key.sign(&raw(b"m")).unwrap());
}

#[test]
fn the_point_of_a_key_may_be_compressed_or_absent_but_not_another() {
    let (key, scalar, whole) = (example(), hex(PRIVATE), hex(PUBLIC));
    let sign = whole[2 * COORDINATE_BYTES] & 1;
    let compressed = [&[2 + sign][..], &whole[1..=COORDINATE_BYTES]].concat();
    let opposite = [&[3 - sign][..], &whole[1..=COORDINATE_BYTES]].concat();
    let hybrid = [&[6 + sign][..], &whole[1..]].concat();
    for name in [None, Some(&IDENTIFIER[9..])] {
        for point in [None, Some(&whole[..]), Some(&compressed[..])] {
            let again = read(&written(&scalar, name, point)).unwrap();
            assert!(again.pkcs8().expose() == key.pkcs8().expose());
        }
    }
    for point in [&opposite[..], &hybrid, &[0], &[], &whole[1..], &whole[..64]] {
        assert_eq!(read(&written(&scalar, None, Some(point))).err(), Some(NotPrivateKey), "{point:?}");
    }
    let p256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    assert_eq!(read(&written(&scalar, Some(p256), None)).err(), Some(NotPrivateKey));
}

#[test]
fn the_number_of_a_key_is_in_the_range_of_the_standard() {
    let below = |less: u8| {
        let mut number = hex(ORDER);
        *number.last_mut().unwrap() -= less;
        number
    };
    assert!(read(&written(&[1], None, None)).is_ok());
    assert!(read(&written(&below(2), None, None)).is_ok());
    for number in [below(1), below(0), vec![0; 32], vec![0xff; 32], vec![0; 33], vec![]] {
        assert_eq!(read(&written(&number, None, None)).err(), Some(NotPrivateKey), "{number:?}");
    }
}

#[test]
fn the_standards_key_and_point_agree_on_the_standards_secret() {
    let point = [&[4][..], &hex(POINT)].concat();
    let peer = element(0x30, &[&element(0x30, &[IDENTIFIER]), &element(3, &[&[0], &point])]);
    // Annex C: x2, from which the key of its ciphertext is derived.
    let expected = hex("335e18d751e51f040e27d468138b7ab1dc86ad7f981d7d416222fd6ab3ed230d");
    assert!(example().agree(&peer).unwrap().expose() == expected);
}

#[test]
fn a_compressed_peer_agrees_like_a_whole_one() {
    let [one, other] = [(); 2].map(|()| PrivateKey::generate(PrivateKeySpec::Sm2).unwrap());
    let der = other.public_key().der();
    let point = &der[der.len() - 65..];
    let peer = |point: &[u8]| element(0x30, &[&element(0x30, &[IDENTIFIER]), &element(3, &[&[0], point])]);
    let compressed = [&[2 + (point[64] & 1)][..], &point[1..=COORDINATE_BYTES]].concat();
    let secret = one.agree(der).unwrap();
    assert!(one.agree(&peer(&compressed)).unwrap().expose() == secret.expose());
    let mut off_the_curve = point.to_vec();
    off_the_curve[64] ^= 1;
    for wrong in [&off_the_curve[..], &[0], &[&[5], &point[1..33]].concat()] {
        assert_eq!(one.agree(&peer(wrong)).err(), Some(AgreeError::PeerRefused));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_encrypted_is_decrypted(plaintext in proptest::collection::vec(any::<u8>(), 1..2_600)) {
        let key = PrivateKey::generate(PrivateKeySpec::Sm2).unwrap();
        let [once, again] = [(); 2].map(|()| key.public_key().encrypt(EncryptionAlgorithm::Sm2Pke, &plaintext).unwrap());
        prop_assert_ne!(&once, &again);
        let opened = key.decrypt(EncryptionAlgorithm::Sm2Pke, &once).unwrap();
        prop_assert!(opened.expose() == plaintext);
        prop_assert!(example().decrypt(EncryptionAlgorithm::Sm2Pke, &once).is_err());
    }
}
