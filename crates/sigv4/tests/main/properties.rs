//! What holds for all requests.

use claviger_sigv4::{BodyHash, Claim, SigV4Fault};
use proptest::{collection::vec, prelude::*};

use crate::{
    common::{Sent, noon},
    meaning::{path_meaning, query_meaning},
};

/// Header values as HTTP allows them: visible ASCII, blanks, tabs and obs-text.
fn value() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(b' '), Just(b'\t'), 0x21..=0x7e_u8, 0x80..=0xff_u8], 0..40)
}

fn unsigned() -> impl Strategy<Value = Sent> {
    let headers = vec(("(a|m|z)[a-z0-9-]{1,8}", value()), 0..6);
    let query = proptest::option::of("([a-zA-Z0-9+=&~*é]|%[0-9a-fA-F]{2}){0,40}");
    ("(GET|POST)", "/[a-z0-9/.%é ]{0,20}", query, headers, vec(any::<u8>(), 0..200)).prop_map(
        |(method, path, query, headers, body)| {
            let mut sent = Sent { method, path, query, body, ..Sent::unsigned() };
            sent.headers.extend(headers);
            sent
        },
    )
}

fn signed() -> impl Strategy<Value = Sent> {
    let token = proptest::option::of("[!-~]{1,60}");
    let hash = prop_oneof![Just(BodyHash::Implied), Just(BodyHash::InHeader)];
    (unsigned(), token, hash).prop_map(|(sent, token, hash)| sent.sign(token.as_deref(), hash))
}

/// Whether a flipped bit leaves the meaning as it was: blanks collapse in header values.
fn words(value: &[u8]) -> Vec<&[u8]> {
    value.split(|byte| b" \t\n\x0b\x0c\r".contains(byte)).filter(|word| !word.is_empty()).collect()
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted(sent in signed()) {
        prop_assert_eq!(sent.verify(), Ok(()));
    }

    #[test]
    fn any_flipped_bit_of_the_body_is_refused(sent in signed(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        prop_assume!(!sent.body.is_empty());
        let mut spoilt = sent.clone();
        spoilt.body[at.index(sent.body.len())] ^= 1_u8 << bit;
        let hashed = sent.headers.iter().any(|header| header.0 == "x-amz-content-sha256");
        let fault = if hashed { SigV4Fault::BodyHashMismatch } else { SigV4Fault::Mismatch };
        prop_assert_eq!(spoilt.verify(), Err(fault));
    }

    #[test]
    fn any_flipped_bit_of_a_signed_header_is_refused(
        sent in signed(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0_u8..8
    ) {
        let mut spoilt = sent.clone();
        let header = &mut spoilt.headers[which.index(sent.headers.len())];
        prop_assume!(header.0 != "user-agent" && !header.1.is_empty());
        let before = header.1.clone();
        header.1[at.index(before.len())] ^= 1_u8 << bit;
        prop_assume!(words(&before) != words(&header.1));
        if header.0 == "authorization" {
            // An access key id is not signed: it chooses the secret, and another secret is another signature.
            let id = |value: &[u8]| String::from_utf8_lossy(value).split('/').next().map(str::to_owned);
            prop_assume!(id(&before) == id(&header.1));
            // Separators may be commas or blanks.
            let plain = |value: &[u8]| String::from_utf8_lossy(value).replace(',', " ");
            prop_assume!(words(plain(&before).as_bytes()) != words(plain(&header.1).as_bytes()));
        }
        prop_assert!(spoilt.verify().is_err());
    }

    #[test]
    fn a_flipped_bit_of_method_path_or_query_is_refused(
        sent in signed(), which in 0_usize..3, at in any::<prop::sample::Index>(), bit in 0_u8..7
    ) {
        let mut spoilt = sent.clone();
        let query = sent.query.clone().unwrap_or_default();
        let text = [&sent.method, &sent.path, &query][which];
        prop_assume!(!text.is_empty());
        let mut bytes = text.clone().into_bytes();
        bytes[at.index(text.len())] ^= 1_u8 << bit;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        prop_assume!(meaning(which, &changed) != meaning(which, text));
        match which {
            0 => spoilt.method = changed,
            1 => spoilt.path = changed,
            _ => spoilt.query = Some(changed),
        }
        prop_assert!(spoilt.verify().is_err());
    }

    #[test]
    fn no_bytes_of_a_header_or_query_are_a_panic(
        authorization in prop_oneof![
            vec(any::<u8>(), 0..100),
            "AWS4-HMAC-SHA256 (Credential|Signature|SignedHeaders)=[ -~é]{0,40}[, ](Credential|Signature|SignedHeaders)=[ -~]{0,40}[, ](Credential|Signature|SignedHeaders)=[ -~]{0,40}".prop_map(String::into_bytes),
        ],
        date in prop_oneof![value(), "[0-9]{8}T[0-9]{6}Z".prop_map(String::into_bytes)],
        headers in vec(("[ -~]{0,12}", vec(any::<u8>(), 0..30)), 0..8),
        query in proptest::option::of(".{0,80}"),
        path in ".{0,40}",
    ) {
        let mut sent = Sent { path, query, ..Sent::unsigned() };
        sent.headers.extend(headers);
        sent.headers.push(("authorization".into(), authorization));
        sent.headers.push(("x-amz-date".into(), date));
        let fault = sent.fault();
        prop_assert!(!fault.message().is_empty());
    }

    #[test]
    fn no_presigned_query_is_a_panic(
        parts in vec(("(X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token))", ".{0,30}"), 0..9)
    ) {
        let query: Vec<String> = parts.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let sent = Sent::unsigned().query(&query.join("&"));
        prop_assert!(sent.verify_at(noon()).is_err());
        sent.seen(|request| drop(Claim::parse(&request).map(|claim| claim.signed_at())));
    }
}

/// What of a method (0), path (1) or query (2) a signature is of, computed the slow way.
fn meaning(which: usize, text: &str) -> Vec<String> {
    match which {
        0 => vec![text.to_owned()],
        1 => path_meaning(text),
        _ => query_meaning(text),
    }
}
