//! What is encrypted comes back, and what surrounds it says what it should.

use crate::sample::{Sample, Scripted, counting, identity, material};
use claviger_crypto::{
    CIPHERTEXT_BYTES_MAX, Context, EncryptError, MESSAGE_OVERHEAD_BYTES_MAX, Message, PLAINTEXT_BYTES_MAX,
    RandomnessFailed, Secret, SymmetricMaterial, SystemRandom,
};
use claviger_names::KeyId;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

proptest! {
    #[test]
    fn whatever_is_encrypted_comes_back_under_its_context(
        plaintext in vec(any::<u8>(), 0..200),
        pairs in btree_map(".{0,12}", ".{0,12}", 0..5),
    ) {
        let sample = Sample::new();
        let forwards = Context::new(pairs.iter().map(|(key, value)| (&key[..], &value[..]))).unwrap();
        let backwards = Context::new(pairs.iter().rev().map(|(key, value)| (&key[..], &value[..]))).unwrap();
        let message = sample.encrypt(&forwards, &plaintext);
        prop_assert_eq!(sample.opens(&backwards, &message), Some(plaintext));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_nothing_else(bytes in vec(any::<u8>(), 0..300)) {
        let sample = Sample::new();
        prop_assert_eq!(sample.opens(&Context::empty(), &bytes), None);
    }

    #[test]
    fn any_bytes_behind_a_true_beginning_are_refused(cut in 0_usize..150, behind in vec(any::<u8>(), 1..100)) {
        let sample = Sample::new();
        let true_message = sample.encrypt(&Context::empty(), b"eleven bytes");
        let forged = [&true_message[..cut], &behind[..]].concat();
        prop_assume!(forged != true_message);
        prop_assert_eq!(sample.opens(&Context::empty(), &forged), None);
    }
}

#[test]
fn a_message_names_its_key_and_material() {
    let sample = Sample::new();
    let message = sample.encrypt(&Context::empty(), b"x");
    let message = Message::parse(&message).unwrap();
    assert_eq!((message.identity(), message.material_id()), (sample.identity, sample.id));
}

#[test]
fn the_longest_plaintext_stays_below_the_longest_ciphertext() {
    let identity =
        identity("999999999999", "a-b-1234567890123456789012345678", "mrk-00000000000000000000000000000000");
    assert_eq!(identity.region.as_str().len(), 32);
    let material = material(&counting(0));
    let id = material.id_for(&identity.key);
    let message =
        material.encrypt(&identity, id, &Context::empty(), &[7; PLAINTEXT_BYTES_MAX], &SystemRandom).unwrap();
    assert_eq!(message.len(), PLAINTEXT_BYTES_MAX + MESSAGE_OVERHEAD_BYTES_MAX);
    assert!(message.len() <= CIPHERTEXT_BYTES_MAX, "{}", message.len());
}

#[test]
fn the_same_plaintext_never_gives_the_same_message() {
    let sample = Sample::new();
    let mut messages: Vec<_> = (0..100)
        .map(|_| {
            sample.material.encrypt(&sample.identity, sample.id, &Context::empty(), b"same", &SystemRandom)
        })
        .map(Result::unwrap)
        .collect();
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 100);
}

#[test]
fn without_randomness_nothing_is_encrypted() {
    let sample = Sample::new();
    let dry = Scripted::new(&[0; 31]);
    let refused = sample.material.encrypt(&sample.identity, sample.id, &Context::empty(), b"x", &dry);
    assert_eq!(refused, Err(EncryptError::Randomness(RandomnessFailed)));
    assert_eq!(SymmetricMaterial::generate(&dry).err(), Some(RandomnessFailed));
}

#[test]
fn a_material_id_is_of_one_key_and_one_material_in_every_region() {
    let one: KeyId = "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap();
    let mrk: KeyId = "mrk-1234abcd12ab34cd56ef1234567890ab".parse().unwrap();
    let [first, second] = [0, 1].map(|first| material(&counting(first)));
    assert_eq!(first.id_for(&one), material(&counting(0)).id_for(&one));
    assert_ne!(first.id_for(&one), second.id_for(&one));
    assert_ne!(first.id_for(&one), first.id_for(&mrk));
}

#[test]
fn material_of_another_length_is_refused() {
    for bytes in [0, 16, 31, 33, 64] {
        let refused = SymmetricMaterial::from_secret(Secret::new(vec![1; bytes])).err();
        assert_eq!(refused.map(|refused| refused.bytes), Some(bytes));
    }
}
