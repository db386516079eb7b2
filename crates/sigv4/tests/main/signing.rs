//! The client's side.

use claviger_sigv4::{BodyHash, Credentials, SignFault, Signing, sign_request};

use crate::common::{ACCESS_KEY_ID, REGION, SECRET, Sent, noon};

fn signing(session_token: Option<&str>, body_hash: BodyHash) -> Signing<'_> {
    let credentials = Credentials { access_key_id: ACCESS_KEY_ID, secret: SECRET, session_token };
    Signing { credentials, region: REGION, service: "kms", at: noon(), body_hash }
}

fn fault(sent: &Sent) -> SignFault {
    let signing = signing(None, BodyHash::Implied);
    sent.seen(|request| sign_request(&request, &signing).err().unwrap())
}

#[test]
fn the_headers_to_add_are_those_of_the_public_test_suite() {
    let mut sent = Sent::unsigned().set("host", "example.amazonaws.com");
    sent.headers.retain(|header| header.0 == "host");
    sent.body.clear();
    sent.method = "GET".into();
    let mut signing = signing(None, BodyHash::Implied);
    signing.service = "service";
    let added = sent.seen(|request| sign_request(&request, &signing).unwrap());
    let expected = [
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        ("x-amz-date", "20150830T123600Z"),
    ];
    assert!(added.iter().eq(expected));
}

#[test]
fn a_token_and_a_body_hash_are_added_and_signed() {
    let sent = Sent::unsigned().sign(Some("token"), BodyHash::InHeader);
    assert_eq!(sent.header("x-amz-security-token"), "token");
    assert_eq!(
        sent.header("x-amz-content-sha256"),
        "b33affe38fda5e0574274d643f789ba397110b449b7d769f7bbe5c87ed245753"
    );
    let list = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target";
    assert!(sent.header("authorization").contains(&format!("SignedHeaders={list},")));
}

#[test]
fn a_request_without_host_or_signed_before_is_not_signed() {
    assert_eq!(fault(&Sent::unsigned().without("host")), SignFault::NoHost);
    for name in ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"] {
        assert_eq!(fault(&Sent::unsigned().add(name, "x")), SignFault::AlreadyPresent { name });
    }
    assert_eq!(fault(&Sent::unsigned().query("a=%x")), SignFault::IllegalEscape);
}

#[test]
fn a_header_given_twice_is_named_once_and_accepted() {
    let sent = Sent::unsigned().add("accept", "a").add("accept", "b").sign(None, BodyHash::Implied);
    assert!(sent.header("authorization").contains("SignedHeaders=accept;content-type;host;x-amz-date"));
    assert_eq!(sent.verify(), Ok(()));
}
