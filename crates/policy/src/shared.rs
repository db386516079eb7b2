//! Parts that statements of a policy share: compiled once, and held against a request once.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

/// Parts of one kind whose answers a decision keeps. What a policy has beyond is asked wherever it stands.
const ANSWERS_KEPT: usize = 128;

/// A compiled part, and its place among those of its kind in the policy.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    place: usize,
    part: Arc<T>,
}

/// The parts of one kind that a policy has so far, with what they were compiled from.
pub(crate) struct Pool<S, T>(Vec<(S, Arc<T>)>);

/// Whether parts of one kind match a request, as far as they were asked.
pub(crate) struct Answers([Cell<Option<bool>>; ANSWERS_KEPT]);

impl<S: Copy + PartialEq, T> Pool<S, T> {
    pub(crate) fn new() -> Self {
        Pool(Vec::new())
    }

    /// The part that was compiled from this source, now or before.
    pub(crate) fn share(&mut self, source: S, compile: impl FnOnce(S) -> T) -> Shared<T> {
        if let Some(place) = self.0.iter().position(|(known, _)| *known == source) {
            return Shared { place, part: self.0[place].1.clone() };
        }
        let (place, part) = (self.0.len(), Arc::new(compile(source)));
        self.0.push((source, part.clone()));
        Shared { place, part }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.part
    }
}

impl Answers {
    pub(crate) fn new() -> Answers {
        Answers([const { Cell::new(None) }; ANSWERS_KEPT])
    }

    /// Whether this part matches; it is asked only the first time.
    #[inline]
    pub(crate) fn of<T>(&self, shared: &Shared<T>, matches: impl FnOnce(&T) -> bool) -> bool {
        let Some(kept) = self.0.get(shared.place) else { return matches(&shared.part) };
        kept.get().unwrap_or_else(|| {
            let answer = matches(&shared.part);
            kept.set(Some(answer));
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sources_are_one_part_and_its_answer_is_asked_for_once() {
        let (mut pool, answers, asked) = (Pool::new(), Answers::new(), Cell::new(0));
        let ask = |shared: &Shared<usize>| {
            answers.of(shared, |part| {
                asked.set(asked.get() + 1);
                *part == 1
            })
        };
        let parts = ["a", "b", "a", "a"].map(|source| pool.share(source, |text| text.len() * 97 - 96));
        assert!(parts.iter().all(ask));
        assert_eq!((pool.0.len(), asked.get()), (2, 2));
    }

    #[test]
    fn parts_beyond_those_whose_answers_are_kept_are_asked_each_time() {
        let (mut pool, answers) = (Pool::new(), Answers::new());
        let parts: Vec<_> = (0..2 * ANSWERS_KEPT).map(|number| pool.share(number, |number| number)).collect();
        for wanted in [0, ANSWERS_KEPT - 1, ANSWERS_KEPT, 2 * ANSWERS_KEPT - 1] {
            assert!(answers.of(&parts[wanted], |part| *part == wanted), "{wanted}");
        }
        assert!(answers.of(&parts[0], |_| false));
        assert!(!answers.of(&parts[ANSWERS_KEPT], |_| false));
    }
}
