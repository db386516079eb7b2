//! The two forms in which a request may state when it was signed.

use std::borrow::Cow;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

const BASIC: &str = "%Y%m%dT%H%M%SZ";
const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S";
const IMF_FIXDATE_BYTES: usize = "Sun, 30 Aug 2015 12:36:00".len();

/// How the zone of a date is written: RFC 7231's way, and the two of RFC 5322 that clients send.
const UTC: [&str; 3] = [" GMT", " -0000", " +0000"];

/// When a request was signed, with the ISO 8601 basic text that goes into the string to sign.
#[derive(Clone)]
pub(crate) struct SigningTime<'a> {
    pub(crate) at: Timestamp,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> SigningTime<'a> {
    /// Reads `20150830T123600Z`; none for anything else.
    pub(crate) fn from_basic(text: Cow<'a, str>) -> Option<SigningTime<'a>> {
        let at = parse_basic(text.as_bytes())?;
        Some(SigningTime { at, text })
    }

    /// Reads a `Date` header: the basic form, or `Sun, 30 Aug 2015 12:36:00 GMT`.
    pub(crate) fn from_date_header(text: &'a str) -> Option<SigningTime<'a>> {
        if let Some(time) = SigningTime::from_basic(Cow::Borrowed(text)) {
            return Some(time);
        }
        let (date, zone) = text.split_at_checked(IMF_FIXDATE_BYTES)?;
        if !UTC.contains(&zone) {
            return None;
        }
        let civil = DateTime::strptime(IMF_FIXDATE, date).ok()?;
        let at = TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(SigningTime { at, text: Cow::Owned(basic(at)) })
    }

    /// The day, `YYYYMMDD`.
    pub(crate) fn day(&self) -> &str {
        self.text.get(..8).unwrap_or_default()
    }
}

/// `at` in ISO 8601's basic form, to the second.
pub(crate) fn basic(at: Timestamp) -> String {
    at.strftime(BASIC).to_string()
}

fn parse_basic(text: &[u8]) -> Option<Timestamp> {
    let ([date @ .., b'Z'], 16) = (text, text.len()) else { return None };
    if date.get(8) != Some(&b'T') {
        return None;
    }
    let part = |from: usize| i8::try_from(number(date.get(from..from + 2)?)?).ok();
    let year = number(date.get(..4)?)?;
    let civil = DateTime::new(year, part(4)?, part(6)?, part(9)?, part(11)?, part(13)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn number(digits: &[u8]) -> Option<i16> {
    digits
        .iter()
        .try_fold(0_i16, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i16::from(digit - b'0')))
}
