//! Signatures: no request passes that the owner of the key has not signed.
//!
//! An input is a request in the shape of HTTP/1: a line of method and target, headers, an empty line, the body.
#![no_main]

use std::sync::LazyLock;

use claviger_sigv4::{Claim, Request, SigV4Fault, SigningKey};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

const SUITE: &str = include_str!("../../corpus/sigv4/suite.json");
const SERVICES: &[&str] = &["kms", "sts", "iam", "service"];
const STRANGER: &[u8] = b"a secret that signed nothing";

/// What was signed with the example key, and when.
struct Suite {
    secret: String,
    now: Timestamp,
    signatures: Vec<String>,
}

static KNOWN: LazyLock<Suite> = LazyLock::new(|| {
    let suite: serde_json::Value = serde_json::from_str(SUITE).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let cases = suite["cases"].as_array().expect("cases");
    Suite {
        secret: text(&suite["secret"]),
        now: "2015-08-30T12:36:00Z".parse().expect("a time"),
        signatures: cases.iter().map(|case| text(&case["signature"])).collect(),
    }
});

fuzz_target!(|input: &[u8]| {
    let Some(sent) = Sent::read(input) else { return };
    assert!(verify(&sent.request(), STRANGER).is_err(), "a key accepted what it has not signed");
    if verify(&sent.request(), KNOWN.secret.as_bytes()).is_ok() {
        let seen = unescaped(input);
        assert!(KNOWN.signatures.iter().any(|signature| seen.contains(signature)), "a signature was forged");
    }
});

fn verify(request: &Request<'_>, secret: &[u8]) -> Result<(), SigV4Fault> {
    let claim = Claim::parse(request)?;
    let key = SigningKey::derive(secret, claim.scope());
    claim.check_scope(KNOWN.now, SERVICES, |_| true)?.verify(&key).map(drop)
}

/// A request's parts.
struct Sent<'a> {
    method: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    headers: Vec<(&'a str, &'a [u8])>,
    body: &'a [u8],
}

impl<'a> Sent<'a> {
    fn read(input: &'a [u8]) -> Option<Sent<'a>> {
        let (first, mut rest) = line(input)?;
        let (method, target) = std::str::from_utf8(first).ok()?.split_once(' ')?;
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut headers = Vec::new();
        while let Some((header, behind)) = line(rest) {
            rest = behind;
            if header.is_empty() {
                break;
            }
            let colon = header.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&header[..colon]).ok()?;
            // The server hands names on in lower case; nothing else reaches the library.
            let is_lower = name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase());
            is_lower.then(|| headers.push((name, &header[colon + 1..])))?;
        }
        Some(Sent { method, path, query, headers, body: rest })
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: &self.headers,
            body: self.body,
        }
    }
}

fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    Some((&text[..end], &text[end + 1..]))
}

/// The text in lower case without percent signs: a signature may stand escaped in a query.
fn unescaped(input: &[u8]) -> String {
    let mut seen = Vec::with_capacity(input.len());
    let mut at = 0;
    while at < input.len() {
        let escaped = input.get(at..at + 3).filter(|three| three[0] == b'%');
        let byte =
            escaped.and_then(|three| u8::from_str_radix(std::str::from_utf8(&three[1..]).ok()?, 16).ok());
        seen.push(byte.unwrap_or(input[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&seen).to_ascii_lowercase()
}
