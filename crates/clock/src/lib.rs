//! The time, as an argument: whoever needs it is handed a clock.

use std::sync::atomic::{AtomicI64, Ordering};

pub use jiff::{SignedDuration, Timestamp};

/// Tells the time. Nothing in the product reads the system's clock but through this.
pub trait Clock: Send + Sync + 'static {
    /// The present moment in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that runs ahead of another by what it was advanced: `claviger dev` travels with it.
pub struct TravelClock<C> {
    base: C,
    ahead_seconds: AtomicI64,
}

impl<C: Clock> TravelClock<C> {
    /// A clock that runs so many seconds ahead of `base`.
    pub fn ahead_of(base: C, seconds: i64) -> TravelClock<C> {
        TravelClock { base, ahead_seconds: AtomicI64::new(seconds) }
    }

    /// How far it runs ahead.
    pub fn ahead_seconds(&self) -> i64 {
        self.ahead_seconds.load(Ordering::Acquire)
    }

    /// Moves the clock forward; it never goes back. Answers the new time, or none past the calendar's end.
    pub fn advance(&self, seconds: u32) -> Option<Timestamp> {
        let ahead = self.ahead_seconds.fetch_add(i64::from(seconds), Ordering::AcqRel) + i64::from(seconds);
        let now = self.base.now().checked_add(SignedDuration::from_secs(ahead)).ok();
        if now.is_none() {
            self.ahead_seconds.fetch_sub(i64::from(seconds), Ordering::AcqRel);
        }
        now
    }
}

impl<C: Clock> Clock for TravelClock<C> {
    fn now(&self) -> Timestamp {
        match self.ahead_seconds() {
            0 => self.base.now(),
            ahead => self.base.now().checked_add(SignedDuration::from_secs(ahead)).unwrap_or(Timestamp::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    #[test]
    fn a_travelling_clock_runs_ahead_of_its_base_by_all_that_it_was_advanced() {
        let clock = TravelClock::ahead_of(Stopped, 5);
        assert_eq!(clock.advance(60).map(Timestamp::as_second), Some(65));
        assert_eq!(clock.advance(1).map(Timestamp::as_second), Some(66));
        assert_eq!((clock.now().as_second(), clock.ahead_seconds()), (66, 66));
    }

    #[test]
    fn it_does_not_travel_past_the_end_of_the_calendar() {
        let end = Timestamp::MAX.as_second();
        let clock = TravelClock::ahead_of(Stopped, end);
        assert_eq!(clock.advance(u32::MAX), None);
        assert_eq!(clock.now().as_second(), end);
    }
}
