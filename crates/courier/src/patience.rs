//! How often and how long a delivery is tried.

use claviger_clock::{SignedDuration, Timestamp};

/// Most times that one letter is tried.
pub(crate) const ATTEMPTS_MAX: u32 = 50;

/// How long it is tried: as long as EventBridge tries.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// What is waited after the first failure, and doubled after each further one.
const FIRST_WAIT_MS: u64 = 5_000;

/// The longest wait.
const WAIT_MS_MAX: u64 = 3_600_000;

/// What is done after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Retry(Timestamp),
    GiveUp,
}

/// What comes after so many failed attempts at what was accepted then. `chance` spreads the waits of letters that failed
/// together over half of their length.
pub(crate) fn after(attempts: u32, accepted: Timestamp, now: Timestamp, chance: u16) -> Next {
    if attempts >= ATTEMPTS_MAX || now.duration_since(accepted) >= AGE_MAX {
        return Next::GiveUp;
    }
    let doublings = attempts.saturating_sub(1).min(u64::BITS / 2);
    let longest = (FIRST_WAIT_MS << doublings).min(WAIT_MS_MAX);
    let wait_ms = longest / 2 + longest / 2 * u64::from(chance) / u64::from(u16::MAX);
    let wait = SignedDuration::from_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX));
    Next::Retry(now.checked_add(wait).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_ms(attempts: u32, chance: u16) -> i64 {
        match after(attempts, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH, chance) {
            Next::Retry(at) => at.as_millisecond(),
            Next::GiveUp => panic!("given up"),
        }
    }

    #[test]
    fn waits_double_up_to_an_hour_and_are_spread_over_half_of_their_length() {
        assert_eq!(
            [1, 2, 3, 10, 11, 49].map(|attempts| wait_ms(attempts, u16::MAX)),
            [5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000]
        );
        assert_eq!([1, 2].map(|attempts| wait_ms(attempts, 0)), [2_500, 5_000]);
    }

    #[test]
    fn what_was_tried_often_or_long_enough_is_given_up() {
        let (begin, day) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + AGE_MAX);
        assert_eq!(after(ATTEMPTS_MAX, begin, begin, 0), Next::GiveUp);
        assert_eq!(after(1, begin, day, 0), Next::GiveUp);
        assert!(matches!(after(1, begin, day - SignedDuration::from_secs(1), 0), Next::Retry(_)));
    }
}
