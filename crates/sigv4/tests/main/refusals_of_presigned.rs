//! Each way in which a presigned URL is refused.

use claviger_sigv4::{
    Claim,
    FaultCode::{IncompleteSignature, InvalidSignature},
    SigV4Fault,
};

use crate::common::{Sent, noon, says};

const COMPLETE: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fkms%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00";

/// A presigned request, complete but for a good signature.
fn presigned(query: &str) -> Sent {
    Sent::unsigned().without("x-amz-target").query(query)
}

#[test]
fn a_complete_url_is_held_against_its_signature() {
    assert_eq!(presigned(COMPLETE).fault(), SigV4Fault::Mismatch);
}

#[test]
fn header_and_query_together_are_refused() {
    for part in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
    ] {
        let text = format!("Found both '{part}' as a query-string param and 'Authorization' as HTTP header.");
        says(Sent::signed().query(&format!("{part}=x")).fault(), InvalidSignature, &text);
    }
    let hidden = Sent::signed().query("x=y&%58-Amz%2DSignature");
    let text = "Found both 'X-Amz-Signature' as a query-string param and 'Authorization' as HTTP header.";
    says(hidden.fault(), InvalidSignature, text);
}

#[test]
fn all_missing_parts_are_listed() {
    says(
        presigned("X-Amz-Algorithm=AWS4-HMAC-SHA256").fault(),
        IncompleteSignature,
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
    );
    says(
        presigned(&COMPLETE.replace("AWS4-HMAC-SHA256", "")).fault(),
        IncompleteSignature,
        "AWS query-string parameters must include 'X-Amz-Algorithm'. Re-examine the query-string parameters.",
    );
}

#[test]
fn a_part_given_twice_is_refused() {
    for parameter in COMPLETE.split('&') {
        let (name, _) = parameter.split_once('=').unwrap();
        let text = format!("'{name}' is given more than once.");
        says(presigned(&format!("{COMPLETE}&{parameter}")).fault(), IncompleteSignature, &text);
        says(presigned(&format!("{COMPLETE}&{name}")).fault(), IncompleteSignature, &text);
    }
}

#[test]
fn date_and_token_are_in_the_query_or_a_header_but_not_both() {
    let sent = presigned(COMPLETE).add("x-amz-date", "20150830T123600Z");
    says(sent.fault(), IncompleteSignature, "'X-Amz-Date' is given more than once.");
    let both = COMPLETE.replace("SignedHeaders=host", "SignedHeaders=host;x-amz-security-token");
    let sent = presigned(&format!("{both}&X-Amz-Security-Token=t")).add("x-amz-security-token", "t");
    says(sent.fault(), IncompleteSignature, "'X-Amz-Security-Token' is given more than once.");
}

#[test]
fn a_target_header_must_be_signed() {
    says(
        presigned(COMPLETE).add("x-amz-target", "TrentService.Encrypt").fault(),
        InvalidSignature,
        "There were headers present in the request which were not signed: x-amz-target",
    );
}

#[test]
fn expires_is_a_number_of_seconds_up_to_a_week() {
    for expires in ["0", "604801", "-1", "%2B5", "1.5", "", "99999999999", "x"] {
        let got = expires.replace("%2B", "+");
        let text = format!("X-Amz-Expires must be a number of seconds from 1 to 604800, got '{got}'.");
        let sent = presigned(&COMPLETE.replace("Expires=60", &format!("Expires={expires}")));
        says(sent.fault(), IncompleteSignature, &text);
    }
}

#[test]
fn a_url_lives_as_long_as_it_says() {
    let at = |seconds| noon() + jiff::SignedDuration::from_secs(seconds);
    let sent = presigned(COMPLETE);
    assert_eq!(sent.verify_at(at(60)).unwrap_err(), SigV4Fault::Mismatch);
    says(
        sent.verify_at(at(61)).unwrap_err(),
        InvalidSignature,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123701Z - 60 sec.)",
    );
    says(
        sent.verify_at(at(-301)).unwrap_err(),
        InvalidSignature,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    );
}

#[test]
fn without_expires_a_url_lives_for_the_clock_window() {
    let sent = presigned(&COMPLETE.replace("X-Amz-Expires=60&", ""));
    says(
        sent.verify_at(noon() + jiff::SignedDuration::from_secs(301)).unwrap_err(),
        InvalidSignature,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
    );
}

#[test]
fn malformed_parts_are_named() {
    let incomplete = [
        (
            "20150830T123600Z",
            "2015",
            "Date must be in ISO-8601 'basic format'. Got '2015'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        ("AWS4-HMAC-SHA256", "AWS3", "Unsupported AWS 'algorithm': 'AWS3' (only AWS4-HMAC-SHA256 for now). "),
        (
            "%2Faws4_request",
            "",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20150830/us-east-1/kms'",
        ),
        ("AKIDEXAMPLE", "%FF", "The value of 'X-Amz-Credential' is not valid text."),
    ];
    for (from, to, text) in incomplete {
        says(presigned(&COMPLETE.replace(from, to)).fault(), IncompleteSignature, text);
    }
    says(
        presigned(&COMPLETE.replace("Headers=host", "Headers=x")).fault(),
        InvalidSignature,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
}

#[test]
fn a_percent_sign_without_two_digits_is_refused_wherever_it_stands() {
    let text = "Illegal hex character in escape (%) pattern in the query string.";
    for query in ["a=%", "a=%4", "a=%zz", "%=1", "%-1=x"] {
        says(presigned(&format!("{COMPLETE}&{query}")).fault(), IncompleteSignature, text);
        says(Sent::signed().query(query).fault(), IncompleteSignature, text);
    }
}

#[test]
fn a_name_that_cannot_be_read_is_refused_before_anything_else() {
    for query in ["%=1", "%-1=x", "X-Amz-Dat%6"] {
        let refused = Sent::signed().query(query).seen(|request| Claim::parse(&request).err());
        assert_eq!(refused, Some(SigV4Fault::IllegalEscape), "{query}");
    }
}
