//! Moments as CloudTrail writes them, in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn civil(moment: Timestamp) -> DateTime {
    Offset::UTC.to_datetime(moment)
}

/// `2026-11-21T22:03:32Z`, whole seconds. Written by hand: it stands in every record.
pub(crate) fn event_time(moment: Timestamp) -> [u8; 20] {
    let at = civil(moment);
    let mut text = *b"0000-00-00T00:00:00Z";
    let century = at.year().max(0) / 100;
    two_digits(&mut text[0..2], century as i8);
    two_digits(&mut text[2..4], (at.year().max(0) % 100) as i8);
    two_digits(&mut text[5..7], at.month());
    two_digits(&mut text[8..10], at.day());
    two_digits(&mut text[11..13], at.hour());
    two_digits(&mut text[14..16], at.minute());
    two_digits(&mut text[17..19], at.second());
    text
}

fn two_digits(place: &mut [u8], value: i8) {
    place[0] = b'0' + value.unsigned_abs() / 10;
    place[1] = b'0' + value.unsigned_abs() % 10;
}

/// `20261121T220332Z`, for file names.
pub(crate) fn compact(moment: Timestamp) -> String {
    let text = event_time(moment);
    text.iter().filter(|b| !b"-:".contains(b)).map(|&b| char::from(b)).collect()
}

/// `Aug 10, 2022, 10:38:27 PM`: how dates look inside `responseElements`.
pub fn shown_date(moment: Timestamp) -> String {
    let at = civil(moment);
    let month = MONTHS[usize::try_from(at.month() - 1).unwrap_or(0).min(11)];
    let (hour, half) = match at.hour() {
        0 => (12, "AM"),
        hour @ 1..12 => (hour, "AM"),
        12 => (12, "PM"),
        hour => (hour - 12, "PM"),
    };
    let (day, year, minute, second) = (at.day(), at.year(), at.minute(), at.second());
    format!("{month} {day}, {year}, {hour}:{minute:02}:{second:02} {half}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_answers_use_the_twelve_hour_clock() {
        for (moment, text) in [
            ("2022-08-10T22:38:27Z", "Aug 10, 2022, 10:38:27 PM"),
            ("2014-11-04T00:52:59Z", "Nov 4, 2014, 12:52:59 AM"),
            ("2021-01-01T12:00:00Z", "Jan 1, 2021, 12:00:00 PM"),
            ("2021-12-31T11:59:09.9Z", "Dec 31, 2021, 11:59:09 AM"),
        ] {
            assert_eq!(shown_date(moment.parse().unwrap()), text);
        }
    }

    #[test]
    fn event_times_are_whole_seconds_in_utc() {
        let moment: Timestamp = "2026-01-02T03:04:05.999+01:00".parse().unwrap();
        assert_eq!(&event_time(moment), b"2026-01-02T02:04:05Z");
        assert_eq!(compact(moment), "20260102T020405Z");
    }
}
