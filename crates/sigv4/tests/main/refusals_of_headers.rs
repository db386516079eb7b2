//! Each way in which a signature in the header is refused.

use claviger_sigv4::{
    BodyHash, ECHO_LIMIT_BYTES,
    FaultCode::{IncompleteSignature, InvalidSignature, MissingAuthenticationToken},
    SigV4Fault,
};

use crate::common::{Sent, says};

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

#[test]
fn a_good_signature_is_accepted_with_and_without_token_and_body_hash() {
    for body_hash in [BodyHash::Implied, BodyHash::InHeader] {
        for token in [None, Some("a token")] {
            assert_eq!(Sent::unsigned().sign(token, body_hash).verify(), Ok(()));
        }
    }
}

#[test]
fn no_signature_or_one_of_another_family_is_a_missing_token() {
    let families =
        ["AWS3-HTTPS AWSAccessKeyId=x", "AWS x:y", "Basic eDp5", "Bearer x", "", "aws4-hmac-sha256 x"];
    let mut missing = vec![Sent::unsigned()];
    missing.extend(families.map(|header| Sent::unsigned().add("authorization", header)));
    for sent in missing {
        says(sent.fault(), MissingAuthenticationToken, "Missing Authentication Token");
    }
}

#[test]
fn a_piece_without_an_equal_sign_is_named() {
    let sent =
        Sent::signed().set("authorization", "AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders");
    says(
        sent.fault(),
        IncompleteSignature,
        "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Signature=b,    Credential,    SignedHeaders'.",
    );
}

#[test]
fn all_missing_parts_are_listed() {
    let sent = Sent::unsigned().add("authorization", "AWS4-HMAC-SHA256");
    says(
        sent.fault(),
        IncompleteSignature,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    );
    let sent =
        Sent::signed().set("authorization", "AWS4-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=");
    says(
        sent.fault(),
        IncompleteSignature,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=",
    );
}

#[test]
fn a_missing_date_alone_is_named() {
    let sent = Sent::signed()
        .without("x-amz-date")
        .set("authorization", "AWS4-X Credential=a SignedHeaders=b Signature=c");
    says(
        sent.fault(),
        IncompleteSignature,
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-X Credential=a SignedHeaders=b Signature=c",
    );
}

#[test]
fn a_part_given_twice_is_refused() {
    for part in ["Credential", "Signature", "SignedHeaders"] {
        let sent =
            Sent::signed().in_authorization("AWS4-HMAC-SHA256 ", &format!("AWS4-HMAC-SHA256 {part}=x, "));
        says(sent.fault(), IncompleteSignature, &format!("'{part}' is given more than once."));
    }
}

#[test]
fn a_second_authorization_header_is_refused() {
    let sent = Sent::signed();
    let again = sent.header("authorization");
    says(
        sent.add("authorization", &again).fault(),
        InvalidSignature,
        "The header 'authorization' is given more than once.",
    );
}

#[test]
fn a_header_that_is_no_text_is_refused() {
    for name in ["authorization", "x-amz-date"] {
        let mut sent = Sent::signed().without(name);
        sent.headers.push((name.into(), b"AWS4-HMAC-SHA256 \xff".to_vec()));
        says(sent.fault(), IncompleteSignature, &format!("The value of '{name}' is not valid text."));
    }
}

#[test]
fn another_algorithm_of_the_family_is_refused() {
    for algorithm in ["AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA512", "AWS4-HMAC-SHA25", "AWS4-"] {
        let sent = Sent::signed().in_authorization("AWS4-HMAC-SHA256", algorithm);
        let text = format!("Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). ");
        says(sent.fault(), IncompleteSignature, &text);
    }
}

#[test]
fn a_credential_has_exactly_five_elements() {
    for credential in
        ["a", "a/b/c/d", "a/20150830/us-east-1/kms/aws4_request/f", "a/20150830/us-east-1/kms/aws4_request/"]
    {
        let sent =
            Sent::signed().in_authorization("AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request", credential);
        let text = format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        );
        says(sent.fault(), IncompleteSignature, &text);
    }
}

#[test]
fn the_host_must_be_signed() {
    for list in ["", "content-type;x-amz-date;x-amz-target", "Host;x-amz-date"] {
        let sent = Sent::signed().in_authorization("content-type;host;x-amz-date;x-amz-target", list);
        let text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
        says(sent.fault(), InvalidSignature, text);
    }
}

#[test]
fn every_amz_header_must_be_signed() {
    for list in ["content-type;host;x-amz-date", "content-type;host;x-amz-target"] {
        let unsigned = if list.ends_with("date") { "x-amz-target" } else { "x-amz-date" };
        let sent = Sent::signed().in_authorization("content-type;host;x-amz-date;x-amz-target", list);
        let text = format!("There were headers present in the request which were not signed: {unsigned}");
        says(sent.fault(), InvalidSignature, &text);
    }
    for name in ["x-amz-security-token", "x-amz-content-sha256", "x-amz-anything"] {
        let text = format!("There were headers present in the request which were not signed: {name}");
        says(Sent::signed().add(name, "x").fault(), InvalidSignature, &text);
    }
}

#[test]
fn headers_that_decide_nothing_may_be_added_unsigned() {
    for name in ["accept", "amz-sdk-request", "x-amzn-trace-id", "x-forwarded-for", "date"] {
        assert_eq!(Sent::signed().add(name, "x").add(name, "y").verify(), Ok(()), "{name}");
    }
}

#[test]
fn a_header_that_decides_what_is_done_is_given_once() {
    for name in ["host", "x-amz-date", "x-amz-target", "content-type"] {
        let text = format!("The header '{name}' is given more than once.");
        says(Sent::signed().add(name, "x").fault(), InvalidSignature, &text);
    }
}

#[test]
fn the_list_of_signed_headers_is_lower_case_sorted_and_distinct() {
    let lists = [
        "host;content-type;x-amz-date;x-amz-target",
        "content-type;host;host;x-amz-date;x-amz-target",
        "Content-Type;host;x-amz-date;x-amz-target",
        "content-type;host;;x-amz-date;x-amz-target",
        "content-type;host;x-amz-date;x-amz-target;",
    ];
    for list in lists {
        let sent = Sent::signed().in_authorization("content-type;host;x-amz-date;x-amz-target", list);
        let text = format!("SignedHeaders must be in lower case, sorted and distinct, got '{list}'.");
        says(sent.fault(), InvalidSignature, &text);
    }
}

#[test]
fn a_signed_header_must_be_there() {
    let sent = Sent::signed().in_authorization("content-type;host", "accept;content-type;host");
    let text = "SignedHeaders names 'accept', which the request does not have.";
    says(sent.fault(), InvalidSignature, text);
}

#[test]
fn a_stated_body_hash_must_be_the_hash_of_the_body() {
    let right = Sent::unsigned().sign(None, BodyHash::InHeader).header("x-amz-content-sha256");
    let wrong = [
        "UNSIGNED-PAYLOAD".to_owned(),
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned(),
        String::new(),
        right.to_uppercase(),
        format!("{right}0"),
    ];
    for stated in wrong {
        let sent = Sent::unsigned().sign(None, BodyHash::InHeader).set("x-amz-content-sha256", &stated);
        says(sent.fault(), InvalidSignature, MISMATCH);
    }
}

#[test]
fn a_signature_in_any_other_spelling_is_a_mismatch() {
    let authorization = Sent::signed().header("authorization");
    let (_, right) = authorization.split_once("Signature=").unwrap();
    let wrong = [
        right.to_uppercase(),
        right[1..].to_owned(),
        format!("{right}0"),
        format!("{}g", &right[1..]),
        "0".repeat(64),
        "x".into(),
        "é".repeat(32),
    ];
    for signature in wrong {
        says(Sent::signed().in_authorization(right, &signature).fault(), InvalidSignature, MISMATCH);
    }
}

#[test]
fn parameters_may_be_parted_by_commas_or_spaces() {
    for separator in [",", " ", " , "] {
        assert_eq!(Sent::signed().in_authorization(", ", separator).verify(), Ok(()));
    }
}

#[test]
fn blanks_round_a_value_are_not_part_of_it() {
    let mut sent = Sent::signed();
    for name in ["authorization", "x-amz-date", "x-amz-target", "host"] {
        let padded = format!(" \t{} ", sent.header(name));
        sent = sent.set(name, &padded);
    }
    assert_eq!(sent.verify(), Ok(()));
}

#[test]
fn what_is_echoed_is_bounded() {
    let long = "é".repeat(10 * ECHO_LIMIT_BYTES);
    let fault = Sent::signed().in_authorization("AKIDEXAMPLE/", &long).fault();
    let SigV4Fault::MalformedCredential { got } = fault else { panic!("another fault") };
    assert_eq!(got.as_str().len(), ECHO_LIMIT_BYTES);
    let odd = format!("x{long}");
    let fault = Sent::signed().in_authorization("AKIDEXAMPLE/", &odd).fault();
    let SigV4Fault::MalformedCredential { got } = fault else { panic!("another fault") };
    assert_eq!(got.as_str().len(), ECHO_LIMIT_BYTES - 1);
}
