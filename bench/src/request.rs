//! Signed requests, as bytes to be sent again and again, and one at a time.

use std::net::SocketAddr;

use claviger_clock::{Clock, SystemClock};
use claviger_sigv4::{BodyHash, Credentials, Request, Signing, sign_request};

use crate::Failure;

/// The root user of a development server's first account.
pub(crate) const ACCESS_KEY_ID: &str = "AKIACLAVIGERDEV11112";
pub(crate) const SECRET: &str = "claviger-dev-secret-key-for-111122223333";

/// The bytes of a request for this operation, signed now: good for five minutes.
pub(crate) fn signed(address: SocketAddr, operation: &str, body: &str) -> Result<Vec<u8>, Failure> {
    let (host, target) = (address.to_string(), format!("TrentService.{operation}"));
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", b"application/x-amz-json-1.1"),
        ("host", host.as_bytes()),
        ("x-amz-target", target.as_bytes()),
    ];
    let request =
        Request { method: "POST", path: "/", query: None, headers: &headers, body: body.as_bytes() };
    let credentials =
        Credentials { access_key_id: ACCESS_KEY_ID, secret: SECRET.as_bytes(), session_token: None };
    let signing = Signing {
        credentials,
        region: "us-east-1",
        service: "kms",
        at: SystemClock.now(),
        body_hash: BodyHash::Implied,
    };
    let added = sign_request(&request, &signing).map_err(|fault| format!("{fault:?}"))?;
    let mut text = format!("POST / HTTP/1.1\r\nhost: {host}\r\nx-amz-target: {target}\r\n");
    text.push_str("content-type: application/x-amz-json-1.1\r\nuser-agent: claviger-bench/1\r\n");
    for (name, value) in added.iter() {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    Ok(text.into_bytes())
}
