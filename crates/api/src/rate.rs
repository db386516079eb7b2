//! How often an account may call an operation in a Region, as AWS limits these APIs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use claviger_clock::{SignedDuration, Timestamp};
use claviger_names::{AccountId, Region};

use crate::Facts;

/// Whose calls of what are counted together.
type Counted = (AccountId, Region, &'static str);

/// Counts calls, if they are to be counted at all. A lock is good enough: nothing here is called for data.
pub struct Rates(Option<Mutex<HashMap<Counted, Timestamp>>>);

impl Rates {
    /// Counts.
    pub fn counting() -> Rates {
        Rates(Some(Mutex::default()))
    }

    /// Lets everything through.
    pub fn unlimited() -> Rates {
        Rates(None)
    }

    /// Takes one call, if there is one left in this second.
    pub(crate) fn take(&self, account: AccountId, region: Region, facts: &Facts, now: Timestamp) -> bool {
        let Some(counted) = &self.0 else { return true };
        let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
        let until = counted.entry((account, region, facts.name)).or_insert(now);
        let (second, each) =
            (SignedDuration::from_secs(1), SignedDuration::from_secs(1) / facts.calls_per_second);
        let latest = now + second;
        // More than a second ahead is a clock that was set back.
        let from = if *until > latest { now } else { now.max(*until) };
        let taken = from + each;
        if taken > latest {
            return false;
        }
        *until = taken;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rates: &Rates, account: &str, milliseconds: i64, tries: usize) -> usize {
        let facts = Facts::read("LookupEvents", "cloudtrail:LookupEvents").at_most(2);
        let (account, region) = (account.parse().unwrap(), "us-east-1".parse().unwrap());
        let now = Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap();
        (0..tries).filter(|_| rates.take(account, region, &facts, now)).count()
    }

    #[test]
    fn a_second_has_so_many_calls_of_each_account() {
        let rates = Rates::counting();
        assert_eq!(taken(&rates, "111122223333", 0, 9), 2);
        assert_eq!(taken(&rates, "444455556666", 0, 9), 2);
        assert_eq!(taken(&rates, "111122223333", 499, 9), 0);
        assert_eq!(taken(&rates, "111122223333", 500, 9), 1);
        assert_eq!(taken(&rates, "111122223333", 60_000, 9), 2);
        assert_eq!(taken(&rates, "111122223333", 0, 9), 2, "the clock was set back");
        assert_eq!(taken(&Rates::unlimited(), "111122223333", 0, 9), 9);
    }
}
