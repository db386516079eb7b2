//! Every case of the corpus is accepted as it stands, and refused with the wrong secret or body.

use claviger_sigv4::{Claim, SigV4Fault, SigningKey, Verified};
use serde_json::Value;

use crate::{
    common::{ACCESS_KEY_ID, SECRET, Sent, noon},
    meaning::query_meaning,
};

const SUITE: &str = include_str!("../../../../corpus/sigv4/suite.json");
const SERVICES: &[&str] = &["service", "kms", "iam", "sts"];

fn sent(case: &Value) -> Sent {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Sent {
        method: text(&case["method"]),
        path: text(&case["path"]),
        query: case["query"].as_str().map(str::to_owned),
        headers: case["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| (text(&header[0]), text(&header[1]).into_bytes()))
            .collect(),
        body: text(&case["body"]).into_bytes(),
    }
}

fn verify<T>(sent: &Sent, secret: &[u8], then: impl Fn(Verified<'_>) -> T) -> Result<T, SigV4Fault> {
    sent.seen(|request| {
        let claim = Claim::parse(&request)?;
        let key = SigningKey::derive(secret, claim.scope());
        let regions = ["us-east-1", "eu-central-1"];
        let current = claim.check_scope(noon(), SERVICES, |scope| regions.contains(&scope.region()))?;
        current.verify(&key).map(then)
    })
}

fn cases() -> Vec<Value> {
    let suite: Value = serde_json::from_str(SUITE).unwrap();
    suite["cases"].as_array().unwrap().clone()
}

#[test]
fn every_case_is_verified_and_tells_who_signed_what() {
    for case in cases() {
        let sent = sent(&case);
        let verified = verify(&sent, SECRET, |verified| {
            let claim = verified.claim();
            assert_eq!(claim.access_key_id(), ACCESS_KEY_ID);
            assert_eq!(claim.scope().date(), "20150830");
            assert_eq!(claim.scope().region(), case["region"].as_str().unwrap());
            assert_eq!(claim.scope().service(), case["service"].as_str().unwrap());
            assert_eq!(claim.signed_at(), noon());
            assert!(claim.signed_headers().covers("host"));
            let name = case["name"].as_str().unwrap();
            let of_a_session = name.contains("session") || name.contains("sts-header");
            assert_eq!(claim.security_token().is_some(), of_a_session, "{name}");
            assert!(claim.security_token().is_none_or(|token| token.ends_with("xBA==")), "{name}");
        });
        assert_eq!(verified, Ok(()), "{}", case["name"]);
    }
}

#[test]
fn every_case_is_a_mismatch_with_another_secret_body_method_or_path() {
    for case in cases() {
        let sent = sent(&case);
        assert_eq!(verify(&sent, b"another", |_| ()), Err(SigV4Fault::Mismatch), "{}", case["name"]);
        let put = Sent { method: "PUT".into(), ..sent.clone() };
        assert_eq!(verify(&put, SECRET, |_| ()), Err(SigV4Fault::Mismatch), "{}", case["name"]);
        let elsewhere = Sent { path: format!("{}/x", sent.path), ..sent.clone() };
        assert_eq!(verify(&elsewhere, SECRET, |_| ()), Err(SigV4Fault::Mismatch), "{}", case["name"]);
        let hashed = sent.headers.iter().any(|header| header.0 == "x-amz-content-sha256");
        let fault = if hashed { SigV4Fault::BodyHashMismatch } else { SigV4Fault::Mismatch };
        let fuller = Sent { body: [sent.body.as_slice(), b"."].concat(), ..sent };
        assert_eq!(verify(&fuller, SECRET, |_| ()), Err(fault), "{}", case["name"]);
    }
}

#[test]
fn a_secret_of_any_shape_is_only_ever_a_mismatch() {
    let sent = sent(&cases()[0]);
    for secret in [&b""[..], &[0], &[0xff; 64], &[b'a'; 100_000]] {
        assert_eq!(verify(&sent, secret, |_| ()), Err(SigV4Fault::Mismatch));
    }
}

/// Each text that differs from `text` in one bit and is still text.
fn flipped(text: &str) -> impl Iterator<Item = String> {
    let flips = (0..text.len()).flat_map(|at| (0..7).map(move |bit| (at, bit)));
    flips.filter_map(|(at, bit)| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= 1_u8 << bit;
        String::from_utf8(bytes).ok()
    })
}

#[test]
fn every_flipped_bit_of_a_presigned_url_is_refused() {
    let mut refused = 0;
    for case in cases().iter().filter(|case| case["query"].to_string().contains("X-Amz-Signature")) {
        let sent = sent(case);
        for query in flipped(sent.query.as_deref().unwrap()) {
            // The id chooses the secret, which this test gives for any id; `%2F` and `%2f` are one.
            let renamed = !query.contains("X-Amz-Credential=AKIDEXAMPLE%2");
            let respelled = query_meaning(&query) == query_meaning(sent.query.as_deref().unwrap());
            if !renamed && !respelled {
                let spoilt = sent.clone().query(&query);
                assert!(verify(&spoilt, SECRET, |_| ()).is_err(), "{query}");
                refused += 1;
            }
        }
    }
    assert!(refused > 10_000, "{refused}");
}
