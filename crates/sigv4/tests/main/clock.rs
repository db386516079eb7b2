//! When a signature in a header is too old, too new, or dated in a form that nobody can read.

use claviger_sigv4::{
    FaultCode::{IncompleteSignature, InvalidSignature},
    SigV4Fault,
};
use jiff::{SignedDuration, Timestamp};

use crate::common::{Sent, noon, says};

fn after(millis: i64) -> Timestamp {
    noon() + SignedDuration::from_millis(millis)
}

#[test]
fn five_minutes_either_way_are_forgiven_and_no_more() {
    let sent = Sent::signed();
    for millis in [-300_999, -300_000, 0, 300_000, 300_999] {
        assert_eq!(sent.verify_at(after(millis)), Ok(()), "{millis}");
    }
    says(
        sent.verify_at(after(360_000)).unwrap_err(),
        InvalidSignature,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T124200Z - 5 min.)",
    );
    says(
        sent.verify_at(after(-301_000)).unwrap_err(),
        InvalidSignature,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    );
}

#[test]
fn the_ends_of_the_calendar_are_only_another_fault() {
    for now in [Timestamp::MIN, Timestamp::MAX] {
        says_something_about_time(Sent::signed().verify_at(now).unwrap_err().message());
    }
    for date in ["00000101T000000Z", "99991230T000000Z"] {
        says_something_about_time(Sent::signed().set("x-amz-date", date).fault().message());
    }
}

fn says_something_about_time(message: String) {
    assert!(message.starts_with("Signature expired: ") || message.starts_with("Signature not yet current: "));
}

#[test]
fn a_date_in_another_form_is_refused() {
    for date in [
        "201",
        "",
        "2015-08-30T12:36:00Z",
        "20150830T123600z",
        "20150830t123600Z",
        "20150830T123600+",
        "20151330T123600Z",
        "20150230T123600Z",
        "20150830T126000Z",
        "20150830T123660Z",
        "99991231T235959Z",
        "+0150830T123600Z",
        "20150830T-2-6-0Z",
        "20150830T12360éZ",
        "Sun, 30 Aug 2015 12:36:00 GMT",
    ] {
        let text = format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        );
        says(Sent::signed().set("x-amz-date", date).fault(), IncompleteSignature, &text);
    }
}

/// A request dated by `date` instead of `x-amz-date`; its signature is not good.
fn dated(date: &str) -> Sent {
    Sent::signed()
        .without("x-amz-date")
        .add("date", date)
        .in_authorization("content-type;host;x-amz-date;", "content-type;date;host;")
}

#[test]
fn a_date_header_counts_without_x_amz_date_and_is_utc() {
    for date in [
        "Sun, 30 Aug 2015 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36:00 -0000",
        "Sun, 30 Aug 2015 12:36:00 +0000",
        "20150830T123600Z",
    ] {
        assert_eq!(dated(date).fault(), SigV4Fault::Mismatch, "{date}");
    }
    for date in [
        "Mon, 30 Aug 2015 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36:00 UTC",
        "Sun, 30 Aug 2015 12:36:00 +0100",
        "Sun, 30 Aug 2015 12:36:00",
        "Sun, 30 Aug 2015 12:36:0\u{e9}",
        "Sunday, 30-Aug-15 12:36:00 GMT",
        "Sun Aug 30 12:36:00 2015",
        "Sun, 31 Feb 2015 12:36:00 GMT",
        "2015-08-30T12:36:00Z",
    ] {
        let text = format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        );
        says(dated(date).fault(), IncompleteSignature, &text);
    }
}

#[test]
fn a_date_header_that_counts_is_signed_and_given_once() {
    let sent = dated("20150830T123600Z").in_authorization("date;", "");
    let text = "There were headers present in the request which were not signed: date";
    says(sent.fault(), InvalidSignature, text);
    let sent = dated("20150830T123600Z").add("date", "x");
    says(sent.fault(), InvalidSignature, "The header 'date' is given more than once.");
}
