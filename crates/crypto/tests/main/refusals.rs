//! Everything that must not open, does not.

use crate::sample::{Sample, counting, material, opens};
use claviger_crypto::{Context, InvalidCiphertext, Message};

#[test]
fn a_message_with_any_bit_changed_is_refused() {
    let sample = Sample::new();
    let context = Context::new([("department", "finance")]).unwrap();
    let message = sample.encrypt(&context, b"forty-two");
    for at in 0..8 * message.len() {
        let mut changed = message.clone();
        changed[at / 8] ^= 1 << (at % 8);
        assert_eq!(sample.opens(&context, &changed), None, "bit {at}");
    }
}

#[test]
fn a_message_cut_anywhere_or_followed_by_anything_is_refused() {
    let sample = Sample::new();
    let message = sample.encrypt(&Context::empty(), b"forty-two");
    assert!(sample.opens(&Context::empty(), &message).is_some());
    for length in 0..message.len() {
        assert_eq!(sample.opens(&Context::empty(), &message[..length]), None, "{length} bytes");
    }
    for behind in [&[0][..], &[0; 16], &message] {
        assert_eq!(sample.opens(&Context::empty(), &[&message, behind].concat()), None);
    }
}

#[test]
fn a_header_that_is_cut_is_no_message() {
    let sample = Sample::new();
    let message = sample.encrypt(&Context::empty(), b"");
    for length in 0..message.len() {
        assert_eq!(Message::parse(&message[..length]), Err(InvalidCiphertext), "{length} bytes");
    }
    assert!(Message::parse(&message).is_ok());
}

#[test]
fn another_material_opens_nothing() {
    let sample = Sample::new();
    let message = sample.encrypt(&Context::empty(), b"forty-two");
    assert_eq!(opens(&material(&counting(1)), &Context::empty(), &message), None);
}

#[test]
fn another_context_opens_nothing() {
    let sample = Sample::new();
    let message = sample.encrypt(&Context::new([("ab", "c"), ("d", "e")]).unwrap(), b"forty-two");
    let others: [&[(&str, &str)]; 8] = [
        &[],
        &[("ab", "c")],
        &[("ab", "c"), ("d", "e"), ("f", "")],
        &[("AB", "c"), ("d", "e")],
        &[("ab", "C"), ("d", "e")],
        &[("a", "bc"), ("d", "e")],
        &[("ab", "e"), ("d", "c")],
        &[("abcde", "")],
    ];
    for other in others {
        let context = Context::new(other.iter().copied()).unwrap();
        assert_eq!(sample.opens(&context, &message), None, "{other:?}");
    }
    let unbound = sample.encrypt(&Context::empty(), b"forty-two");
    assert_eq!(sample.opens(&Context::new([("", "")]).unwrap(), &unbound), None);
}
