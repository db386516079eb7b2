//! A moment as people write it: `2026-11-22T10:00:00Z`, `2026-11-22` for its beginning in UTC, or `8d` for as long ago.

use std::str::FromStr;

use claviger_clock::{SignedDuration, Timestamp};

use crate::period::Period;

/// A moment, maybe counted back from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    At(Timestamp),
    Ago(Period),
}

/// The text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written like 2026-11-22T10:00:00Z, 2026-11-22, or 8d for eight days ago")]
pub(crate) struct MalformedMoment;

impl Moment {
    /// When that is, seen from `now`.
    pub(crate) fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Moment::At(moment) => moment,
            Moment::Ago(period) => {
                let ago = SignedDuration::from_secs(period.seconds().into());
                now.checked_sub(ago).unwrap_or(Timestamp::MIN)
            }
        }
    }
}

impl FromStr for Moment {
    type Err = MalformedMoment;

    fn from_str(text: &str) -> Result<Moment, MalformedMoment> {
        let midnight = || format!("{text}T00:00:00Z").parse();
        let moment = text.parse().or_else(|_| midnight()).map(Moment::At);
        moment.or_else(|_| text.parse().map(Moment::Ago)).map_err(|_| MalformedMoment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let seen = |text: &str| text.parse::<Moment>().map(|moment| moment.seen_from(now).to_string());
        assert_eq!(seen("2026-11-21T10:00:00+01:00"), Ok("2026-11-21T09:00:00Z".to_owned()));
        assert_eq!(seen("2026-11-21"), Ok("2026-11-21T00:00:00Z".to_owned()));
        assert_eq!(seen("1d1h"), Ok("2026-11-21T09:00:00Z".to_owned()));
        for wrong in ["", "yesterday", "2026-11-21T10:00:00", "2026-13-01", "8"] {
            assert_eq!(seen(wrong), Err(MalformedMoment), "{wrong}");
        }
    }
}
