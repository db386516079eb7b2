//! Whether the rows that something held in memory was made of are still as they were.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

/// In how many parts changes are counted. Two rows in one part only cost a read too many.
const PARTS: usize = 4096;

/// Counts the changes of rows, part by part.
pub(super) struct Stamps {
    hasher: RandomState,
    counts: Box<[AtomicU64]>,
}

/// The rows that a value rests on, each as it was before it was read.
#[derive(Clone, Default)]
pub(super) struct Basis(Vec<(usize, u64)>);

impl Stamps {
    pub(super) fn new() -> Stamps {
        Stamps { hasher: RandomState::new(), counts: (0..PARTS).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Adds a row to what a value rests on. To be called before the row is read.
    pub(super) fn note(&self, path: &str, basis: &mut Basis) {
        let part = self.part(path);
        basis.0.push((part, self.counts[part].load(Ordering::SeqCst)));
    }

    /// Whether none of the rows has changed since.
    pub(super) fn hold(&self, basis: &Basis) -> bool {
        basis.0.iter().all(|(part, count)| self.counts[*part].load(Ordering::SeqCst) == *count)
    }

    /// Notes that a row has changed.
    pub(super) fn forget(&self, path: &str) {
        self.counts[self.part(path)].fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that any row may have changed.
    pub(super) fn clear(&self) {
        for count in &self.counts {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn part(&self, path: &str) -> usize {
        self.hasher.hash_one(path) as usize % PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_holds_until_one_of_its_rows_changes() {
        let stamps = Stamps::new();
        let mut basis = Basis::default();
        stamps.note("a", &mut basis);
        stamps.note("b", &mut basis);
        assert!(stamps.hold(&basis));
        stamps.forget("b");
        assert!(!stamps.hold(&basis));
        let mut fresh = Basis::default();
        stamps.note("a", &mut fresh);
        assert!(stamps.hold(&fresh));
        stamps.clear();
        assert!(!stamps.hold(&fresh) && stamps.hold(&Basis::default()));
    }
}
