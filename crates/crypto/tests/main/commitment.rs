//! AES-GCM alone lets someone who knows two keys make one ciphertext that both open; the commitment does not.

use crate::sample::{Sample, counting, material, opens};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use claviger_crypto::Context;

/// Bytes of commitment and tag around a plaintext of one block.
const SEALED_BYTES: usize = 32 + 16 + 16;

/// A key and commitment, derived as `docs/ciphertext-format.md` says.
fn derive(material: &[u8], associated: &[u8]) -> ([u8; 32], [u8; 32]) {
    let hash = digest(&SHA256, associated);
    let info = [&b"claviger-msg-1\0"[..], hash.as_ref(), &512_u32.to_be_bytes()].concat();
    let algorithm = get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).unwrap();
    let mut derived = [0; 64];
    kbkdf_ctr_hmac(algorithm, material, &info, &mut derived).unwrap();
    (derived[..32].try_into().unwrap(), derived[32..].try_into().unwrap())
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap())
}

/// Ciphertext and tag of one block, or of none.
fn gcm(key: &[u8; 32], associated: &[u8], plaintext: &[u8]) -> (Vec<u8>, u128) {
    let mut sealed = plaintext.to_vec();
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let tag = cipher(key).seal_in_place_separate_tag(nonce, Aad::from(associated), &mut sealed).unwrap();
    (sealed, u128::from_be_bytes(tag.as_ref().try_into().unwrap()))
}

/// The product in GCM's field, whose first coefficient is the highest bit.
fn times(x: u128, mut y: u128) -> u128 {
    let mut product = 0;
    for place in (0..128).rev() {
        product ^= if x >> place & 1 == 1 { y } else { 0 };
        y = (y >> 1) ^ if y & 1 == 1 { 0xe1 << 120 } else { 0 };
    }
    product
}

/// The inverse: the power 2^128 - 2.
fn inverse(x: u128) -> u128 {
    let mut square = x;
    (1..128).fold(1 << 127, |power, _| {
        square = times(square, square);
        times(power, square)
    })
}

/// The key of GHASH, from two tags: one block of zeros as associated data adds only its length, times this key.
fn hash_key(key: &[u8; 32]) -> u128 {
    let mask = gcm(key, &[], &[]).1;
    times(gcm(key, &[0; 16], &[]).1 ^ mask, inverse(128 << 64))
}

/// One ciphertext block and its tag, which both keys open.
fn two_faced(keys: [&[u8; 32]; 2], associated: &[u8]) -> (u128, u128) {
    // The tag of the all-zero ciphertext, which is the encryption of the key stream.
    let tag_of_zero = |key| gcm(key, associated, &gcm(key, associated, &[0; 16]).0).1;
    let squares = keys.map(|key| times(hash_key(key), hash_key(key)));
    let difference = tag_of_zero(keys[0]) ^ tag_of_zero(keys[1]);
    let block = times(difference, inverse(squares[0] ^ squares[1]));
    (block, tag_of_zero(keys[0]) ^ times(block, squares[0]))
}

/// A header, and the message with each key's commitment around the same ciphertext.
pub(crate) fn two_faced_messages(materials: [&[u8; 32]; 2]) -> [Vec<u8>; 2] {
    let message = Sample::new().encrypt(&Context::empty(), &[0; 16]);
    let header = &message[..message.len() - SEALED_BYTES];
    let associated = [header, &[0; 4]].concat();
    let [(one, first), (other, second)] = materials.map(|material| derive(material, &associated));
    let (block, tag) = two_faced([&one, &other], &associated);
    [first, second].map(|commitment| [header, &commitment, &block.to_be_bytes(), &tag.to_be_bytes()].concat())
}

#[test]
fn a_ciphertext_made_for_two_keys_opens_under_the_one_it_commits_to() {
    let materials = [counting(0), counting(1)];
    let messages = two_faced_messages(materials.each_ref());
    let opened: Vec<Vec<bool>> = materials
        .iter()
        .map(|key| messages.iter().map(|m| opens(&material(key), &Context::empty(), m).is_some()).collect())
        .collect();
    assert_eq!(opened, [[true, false], [false, true]]);
}

#[test]
fn the_same_ciphertext_does_open_twice_where_nothing_commits() {
    let materials = [counting(0), counting(1)];
    let [message, _] = two_faced_messages(materials.each_ref());
    let (header, sealed) = message.split_at(message.len() - SEALED_BYTES);
    let associated = [header, &[0; 4]].concat();
    let plaintexts = materials.map(|material| {
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let mut block = sealed[32..].to_vec();
        let key = derive(&material, &associated).0;
        cipher(&key).open_in_place(nonce, Aad::from(&associated), &mut block).unwrap().to_vec()
    });
    assert_ne!(plaintexts[0], plaintexts[1]);
}
