//! Whatever text goes in, a record is one line of valid JSON within its limit and gives the text back.

use claviger_audit::{
    ADDITIONAL_EVENT_DATA_BYTES_MAX, Identity, RECORD_BYTES_MAX, RECORDED_MEMBER_BYTES_MAX, RESOURCES_MAX,
    Record, RecordedError, Shown, TEXT_BYTES_MAX, Tls,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::sample::{account, call, json_of, resource};

/// Text with everything that a writer of JSON may stumble over.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("\u{2028}\u{85}\u{7f}\0\"\\\n\r".to_owned()),
        Just("é".repeat(700))
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

proptest! {
    #[test]
    fn a_record_gives_back_the_text_that_went_in(agent in text(), message in text(), key in text(), value in text()) {
        let request = Shown::new().text("keyId", &value).map("encryptionContext", [(&*key, &*value)]).done();
        let record = Record {
            user_agent: Some(&agent),
            error: Some(RecordedError { code: &key, message: Some(&message) }),
            request_parameters: request.as_ref(),
            ..call(1, "Encrypt")
        };
        let json = json_of(&record);
        prop_assert!(json.len() <= RECORD_BYTES_MAX);
        let ends_a_line = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
        prop_assert!(!json.chars().any(ends_a_line), "{}", json);
        let read: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read["userAgent"].as_str(), Some(cut(&agent)));
        prop_assert_eq!(read["errorMessage"].as_str(), Some(cut(&message)));
        prop_assert_eq!(read["errorCode"].as_str(), Some(cut(&key)));
        prop_assert_eq!(read["requestParameters"]["keyId"].as_str(), Some(&*value));
        prop_assert_eq!(read["requestParameters"]["encryptionContext"][&key].as_str(), Some(&*value));
    }
}

#[test]
fn a_member_over_its_limit_is_shown_as_omitted_with_its_size() {
    let just_within = "x".repeat(RECORDED_MEMBER_BYTES_MAX - r#"{"policy":""}"#.len());
    for (policy, is_omitted) in [(just_within.clone(), false), (format!("{just_within}x"), true)] {
        let request = Shown::new().text("policy", &policy).done();
        let record = Record { request_parameters: request.as_ref(), ..call(1, "PutKeyPolicy") };
        let read: Value = serde_json::from_str(&json_of(&record)).unwrap();
        let shown = &read["requestParameters"];
        if is_omitted {
            let reason = "requestParameters too large";
            let size = RECORDED_MEMBER_BYTES_MAX + 1;
            assert_eq!(
                *shown,
                serde_json::json!({ "omitted": true, "originalSize": size, "reason": reason })
            );
        } else {
            assert_eq!(shown["policy"].as_str(), Some(&*policy));
        }
    }
}

#[test]
fn what_stands_beside_has_a_limit_of_its_own() {
    let just_within = "x".repeat(ADDITIONAL_EVENT_DATA_BYTES_MAX - r#"{"a":""}"#.len());
    for (text, is_omitted) in [(just_within.clone(), false), (format!("{just_within}x"), true)] {
        let beside = Shown::new().text("a", &text).done();
        let record = Record { additional_event_data: beside.as_ref(), ..call(1, "Encrypt") };
        let read: Value = serde_json::from_str(&json_of(&record)).unwrap();
        assert_eq!(read["additionalEventData"]["omitted"] == true, is_omitted);
    }
}

#[test]
fn a_record_as_long_as_it_may_be_is_shown_whole() {
    let large = Shown::new().text("x", &"y".repeat(RECORDED_MEMBER_BYTES_MAX - 8)).done();
    let with = |bytes: usize| {
        let details = Shown::new().text("x", &"z".repeat(bytes)).done();
        json_of(&Record {
            request_parameters: large.as_ref(),
            response_elements: large.as_ref(),
            service_event_details: details.as_ref(),
            ..call(1, "Encrypt")
        })
    };
    let room = RECORD_BYTES_MAX - with(0).len();
    assert_eq!(with(room).len(), RECORD_BYTES_MAX);
    let beyond: Value = serde_json::from_str(&with(room + 1)).unwrap();
    assert_eq!(beyond["requestParameters"]["omitted"], true);
}

#[test]
fn a_record_stays_within_its_limit_when_every_part_is_as_long_as_it_may_be() {
    let long = "\u{1}".repeat(RECORD_BYTES_MAX);
    let large = Shown::new().text("x", &"y".repeat(RECORDED_MEMBER_BYTES_MAX - 8)).done();
    let resources = vec![resource(&long); RESOURCES_MAX + 1];
    let mut record = Record {
        event_name: &long,
        region: &long,
        user_agent: Some(&long),
        error: Some(RecordedError { code: &long, message: Some(&long) }),
        identity: Identity::AwsAccount { principal_id: &long, account: account() },
        request_parameters: large.as_ref(),
        response_elements: large.as_ref(),
        resources: &resources,
        vpc_endpoint_id: Some(&long),
        ..call(1, "Encrypt")
    };
    let json = json_of(&record);
    assert!(json.len() <= RECORD_BYTES_MAX, "{}", json.len());
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["requestParameters"]["omitted"], true);
    assert_eq!(read["resources"].as_array().unwrap().len(), RESOURCES_MAX);
    record.identity = longest_identity(&long);
    record.tls = Some(Tls {
        version: &long,
        cipher_suite: &long,
        client_provided_host_header: &long,
        key_exchange: Some(&long),
    });
    assert!(json_of(&record).len() <= RECORD_BYTES_MAX);
}

fn longest_identity(long: &str) -> Identity<'_> {
    let issuer =
        claviger_audit::Issuer { principal_id: long, arn: long, account: account(), user_name: Some(long) };
    Identity::AssumedRole {
        principal_id: long,
        arn: long,
        account: account(),
        access_key_id: long,
        issuer,
        web_federation: Some(claviger_audit::WebFederation { federated_provider: long }),
        session: claviger_audit::SessionAttributes {
            created: "2026-11-21T21:00:00Z".parse().unwrap(),
            mfa_authenticated: true,
            source_identity: Some(long),
        },
        invoked_by: Some(long),
    }
}
