//! Moments in requests.

use jiff::Timestamp;

use super::{Members, Notation, Value};

const MILLISECONDS: f64 = 1000.0;

impl Members<'_> {
    /// A moment, sent as seconds since 1970, whole or not, and kept in milliseconds; in AWS Query written out. What lies
    /// outside of the calendar is its first or last moment.
    pub fn time(&mut self, name: &str) -> Option<Timestamp> {
        let seconds = match self.take(name)? {
            Value::Whole(seconds) => seconds as f64,
            Value::Fraction(seconds) => seconds,
            Value::Text(text) if self.notation == Notation::Query => match text.parse::<Timestamp>() {
                Ok(moment) => return Some(moment),
                Err(_) => return self.wrong_type(&Value::Text(text), "a Timestamp"),
            },
            other => return self.wrong_type(&other, "a Timestamp"),
        };
        let (first, last) = (Timestamp::MIN, Timestamp::MAX);
        // A float that is out of range becomes the nearest whole number.
        let moment = Timestamp::from_millisecond((seconds * MILLISECONDS).round() as i64);
        Some(moment.unwrap_or(if seconds < 0.0 { first } else { last }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WireFault;

    fn time(body: &str) -> Result<Option<Timestamp>, WireFault> {
        let mut members = Members::read(body.as_bytes())?;
        let found = members.time("ValidTo");
        members.finish(found)
    }

    #[test]
    fn a_moment_is_a_number_of_seconds() {
        for (sent, milliseconds) in [
            ("1478220779", 1_478_220_779_000),
            ("1478220779.5", 1_478_220_779_500),
            ("0", 0),
            ("-1.25", -1250),
        ] {
            let found = time(&format!(r#"{{"ValidTo":{sent}}}"#));
            assert_eq!(found, Ok(Some(Timestamp::from_millisecond(milliseconds).unwrap())), "{sent}");
        }
        assert_eq!(time("{}"), Ok(None));
        assert_eq!(time(r#"{"ValidTo":null}"#), Ok(None));
    }

    #[test]
    fn a_moment_outside_of_the_calendar_is_its_end() {
        for (sent, end) in
            [("9e300", Timestamp::MAX), ("9223372036854775807", Timestamp::MAX), ("-9e300", Timestamp::MIN)]
        {
            assert_eq!(time(&format!(r#"{{"ValidTo":{sent}}}"#)), Ok(Some(end)), "{sent}");
        }
    }

    #[test]
    fn a_text_is_no_moment() {
        for sent in [r#""2026-11-21T22:03:32Z""#, "true", "[]", "{}"] {
            let found = time(&format!(r#"{{"ValidTo":{sent}}}"#));
            assert!(matches!(found, Err(WireFault::Serialization(Some(_)))), "{sent}");
        }
    }
}
