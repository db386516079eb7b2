//! Requests that a service received and shows to somebody who can verify them. The two of S3 are worked out in its API
//! reference (Signature Version 4, examples of the authorization header).

use claviger_sigv4::{Claim, Request, SigV4Fault, SigningKey};
use jiff::Timestamp;

const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const CREDENTIAL: &str = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

struct Received {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
}

impl Received {
    fn verify(&self, payload: &str) -> Result<(), SigV4Fault> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let request =
            Request { method: self.method, path: self.path, query: None, headers: &headers, body: &[] };
        let now: Timestamp = "2013-05-24T00:00:00Z".parse().unwrap();
        let current = Claim::parse(&request)?.check_forwarded(now, |_| true)?;
        let key = SigningKey::derive(SECRET, current.claim().scope());
        current.verify_forwarded(&key, payload).map(drop)
    }
}

fn authorization(signed: &str, signature: &str) -> String {
    format!("AWS4-HMAC-SHA256 {CREDENTIAL},SignedHeaders={signed},Signature={signature}")
}

fn get() -> Received {
    let signed = "host;range;x-amz-content-sha256;x-amz-date";
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    Received {
        method: "GET",
        path: "/test.txt",
        headers: vec![
            ("host", "examplebucket.s3.amazonaws.com".into()),
            ("authorization", authorization(signed, signature)),
            ("range", "bytes=0-9".into()),
            ("x-amz-content-sha256", EMPTY.into()),
            ("x-amz-date", "20130524T000000Z".into()),
        ],
    }
}

#[test]
fn a_request_to_s3_is_verified_by_the_hash_that_it_states() {
    get().verify(EMPTY).unwrap();
    let other = EMPTY.replace('e', "f");
    assert!(matches!(get().verify(&other), Err(SigV4Fault::BodyHashMismatch)));
    assert!(matches!(Received { method: "HEAD", ..get() }.verify(EMPTY), Err(SigV4Fault::Mismatch)));
}

#[test]
fn a_path_of_s3_is_signed_as_it_was_sent() {
    let signed = "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class";
    let signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
    let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let put = Received {
        method: "PUT",
        path: "/test%24file.text",
        headers: vec![
            ("host", "examplebucket.s3.amazonaws.com".into()),
            ("authorization", authorization(signed, signature)),
            ("date", "Fri, 24 May 2013 00:00:00 GMT".into()),
            ("x-amz-content-sha256", hash.into()),
            ("x-amz-date", "20130524T000000Z".into()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".into()),
        ],
    };
    put.verify(hash).unwrap();
    assert!(matches!(Received { path: "/test$file.text", ..put }.verify(hash), Err(SigV4Fault::Mismatch)));
}

#[test]
fn what_was_forwarded_is_held_against_the_clock_too() {
    let headers: Vec<(&str, String)> = get().headers;
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let request = Request { method: "GET", path: "/test.txt", query: None, headers: &headers, body: &[] };
    let late: Timestamp = "2013-05-24T00:05:01Z".parse().unwrap();
    let fault = Claim::parse(&request).unwrap().check_forwarded(late, |_| true).err();
    assert!(matches!(fault, Some(SigV4Fault::Expired { .. })));
}
