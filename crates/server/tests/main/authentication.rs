//! Every way in which a request's sender is not recognised, and what is told and recorded of it.

use claviger_clock::{SignedDuration, Timestamp};
use claviger_crypto::Secret;
use claviger_iam::NewAccessKey;

use crate::client::{Answer, Call, ask};
use crate::node::{ACCESS_KEY_ID, ACCOUNT, start};

const UNKNOWN: &str = "UnrecognizedClientException";
const INVALID: &str = "InvalidSignatureException";
const INCOMPLETE: &str = "IncompleteSignatureException";

fn call() -> Call<'static> {
    Call::new("ListKeys", "{}")
}

fn changed(from: &str, to: &str) -> Vec<u8> {
    let request = String::from_utf8(call().bytes()).unwrap();
    assert!(request.contains(from), "{from} is not in {request}");
    request.replacen(from, to, 1).into_bytes()
}

/// Sends it, sees that it is refused with this code, recorded once and counted under this reason.
async fn refused(request: &[u8], code: &str, reason: &str) -> (Answer, serde_json::Value) {
    let node = start().await;
    let answer = ask(node.address, request).await;
    assert_eq!(answer.fault(), (400, code.to_owned()), "{}", answer.body);
    let record = node.only_record();
    assert_eq!(record["errorCode"], code);
    let metrics = ask(node.operator, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.body;
    let counted = format!("claviger_authentication_failures_total{{reason=\"{reason}\"}} 1\n");
    assert!(metrics.contains(&counted), "no {counted} in {metrics}");
    (answer, record)
}

#[tokio::test]
async fn an_unknown_access_key_is_told_apart_from_nothing() {
    let unknown = Call { access_key_id: "AKIAAAAAAAAAAAAAAAAA", ..call() };
    let (answer, record) = refused(&unknown.bytes(), UNKNOWN, "unknown_access_key").await;
    assert_eq!(answer.message(), "The security token included in the request is invalid.");
    assert_eq!(record["userIdentity"]["accessKeyId"], "AKIAAAAAAAAAAAAAAAAA");
    let malformed = Call { access_key_id: "x", ..call() };
    refused(&malformed.bytes(), UNKNOWN, "unknown_access_key").await;
}

#[tokio::test]
async fn a_session_token_does_not_go_with_a_long_term_key() {
    let with_token = Call { token: Some("token"), ..call() };
    refused(&with_token.bytes(), UNKNOWN, "unknown_access_key").await;
}

#[tokio::test]
async fn a_wrong_secret_or_a_changed_request_is_a_mismatch() {
    let message = "The request signature we calculated does not match the signature you provided. Check your AWS \
                   Secret Access Key and signing method. Consult the service documentation for details.";
    let wrong = Call { secret: "wrong", ..call() };
    let requests = [
        wrong.bytes(),
        changed("\r\n\r\n{}", "\r\n\r\n[]"),
        changed("TrentService.ListKeys", "TrentService.ListAliases"),
        changed("host: kms.test", "host: kms.evil"),
        changed("POST / ", "POST /?a=b "),
    ];
    for request in requests {
        let (answer, _) = refused(&request, INVALID, "mismatch").await;
        assert_eq!(answer.message(), message);
    }
}

#[tokio::test]
async fn a_header_that_decides_must_be_signed() {
    let unsigned = changed("host: kms.test", "host: kms.test\r\nx-amz-meta: 1");
    let (answer, _) = refused(&unsigned, INVALID, "mismatch").await;
    assert_eq!(
        answer.message(),
        "There were headers present in the request which were not signed: x-amz-meta"
    );
}

#[tokio::test]
async fn a_signature_of_another_time_region_or_service_is_out_of_scope() {
    let ago = Call { at: Timestamp::now() - SignedDuration::from_mins(6), ..call() };
    let (answer, _) = refused(&ago.bytes(), INVALID, "out_of_scope").await;
    assert!(answer.message().starts_with("Signature expired: "), "{}", answer.message());
    let ahead = Call { at: Timestamp::now() + SignedDuration::from_mins(6), ..call() };
    let (answer, _) = refused(&ahead.bytes(), INVALID, "out_of_scope").await;
    assert!(answer.message().starts_with("Signature not yet current: "), "{}", answer.message());
    let elsewhere = Call { region: "us-west-2", ..call() };
    let (answer, record) = refused(&elsewhere.bytes(), INVALID, "out_of_scope").await;
    assert_eq!(answer.message(), "Credential should be scoped to a valid region, not 'us-west-2'. ");
    assert_eq!(record["awsRegion"], "eu-central-1");
    let other = Call { service: "s3", ..call() };
    let (answer, _) = refused(&other.bytes(), INVALID, "out_of_scope").await;
    assert_eq!(answer.message(), "Credential should be scoped to correct service: 'kms'. ");
}

#[tokio::test]
async fn a_signature_that_is_missing_or_cannot_be_read_is_told_so() {
    let request = String::from_utf8(call().bytes()).unwrap();
    let line = request.lines().find(|line| line.starts_with("authorization: ")).unwrap();
    let without = request.replace(&format!("{line}\r\n"), "").into_bytes();
    let (answer, _) = refused(&without, "MissingAuthenticationTokenException", "missing").await;
    assert_eq!(answer.message(), "Missing Authentication Token");
    let garbled = request.replace(line, "authorization: AWS4-HMAC-SHA256 x").into_bytes();
    let (answer, _) = refused(&garbled, INCOMPLETE, "incomplete").await;
    assert!(answer.message().starts_with("'x' not a valid key=value pair"), "{}", answer.message());
}

#[tokio::test]
async fn a_presigned_request_is_held_against_its_query() {
    let day = claviger_clock::Timestamp::now().strftime("%Y%m%d").to_string();
    let time = claviger_clock::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let request = format!(
        "POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ACCESS_KEY_ID}%2F{day}%2Feu-central-1%2Fkms%2F\
         aws4_request&X-Amz-Date={time}&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-amz-target&X-Amz-Signature={} \
         HTTP/1.1\r\nhost: x\r\nx-amz-target: TrentService.ListKeys\r\ncontent-length: 2\r\n\r\n{{}}",
        "0".repeat(64)
    );
    let (_, record) = refused(request.as_bytes(), INVALID, "mismatch").await;
    assert_eq!(record["userIdentity"]["accessKeyId"], ACCESS_KEY_ID);
}

#[tokio::test]
async fn a_deleted_access_key_is_refused_at_once() {
    let node = start().await;
    assert_eq!(ask(node.address, &call().bytes()).await.status, 200);
    let (account, id) = (ACCOUNT.parse().unwrap(), ACCESS_KEY_ID.parse().unwrap());
    node.directory.delete_root_access_key(account, &id).await.unwrap();
    assert_eq!(ask(node.address, &call().bytes()).await.fault(), (400, UNKNOWN.to_owned()));
}

#[tokio::test]
async fn the_injected_clock_decides_what_is_late() {
    let node = start().await;
    node.clock.advance(3600).unwrap();
    assert_eq!(ask(node.address, &call().bytes()).await.fault(), (400, INVALID.to_owned()));
    let later = Call { at: Timestamp::now() + SignedDuration::from_hours(1), ..call() };
    assert_eq!(ask(node.address, &later.bytes()).await.status, 200);
}

#[tokio::test]
async fn a_secret_that_was_exchanged_under_its_id_counts_at_once() {
    let node = start().await;
    assert_eq!(ask(node.address, &call().bytes()).await.status, 200);
    let (account, id) = (ACCOUNT.parse().unwrap(), ACCESS_KEY_ID.parse().unwrap());
    node.directory.delete_root_access_key(account, &id).await.unwrap();
    let key = NewAccessKey { id, secret: Secret::new(b"another".to_vec()) };
    node.directory.add_root_access_key(account, &key).await.unwrap();
    let another = Call { secret: "another", ..call() };
    assert_eq!(ask(node.address, &another.bytes()).await.status, 200);
    assert_eq!(ask(node.address, &call().bytes()).await.fault(), (400, INVALID.to_owned()));
}

#[tokio::test]
async fn a_signature_of_the_next_day_is_held_against_that_days_key() {
    let node = start().await;
    assert_eq!(ask(node.address, &call().bytes()).await.status, 200);
    node.clock.advance(24 * 3600).unwrap();
    let tomorrow = Call { at: Timestamp::now() + SignedDuration::from_hours(24), ..call() };
    assert_eq!(ask(node.address, &tomorrow.bytes()).await.status, 200);
}
