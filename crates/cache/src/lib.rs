//! What a node holds in memory of what is stored: bounded, read through, and never older than what was forgotten.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// In how many parts the cache counts what it has forgotten, so that a commit spoils few of the reads beside it.
const STRIPES: usize = 64;

/// Tells how many bytes a value takes.
pub trait Weighed {
    /// Bytes, nearly.
    fn weight_bytes(&self) -> usize;
}

impl<T: Weighed> Weighed for Arc<T> {
    fn weight_bytes(&self) -> usize {
        T::weight_bytes(self)
    }
}

/// A bounded cache in front of a store. Whoever changes the store calls [`ReadThrough::forget`] before the change is
/// acknowledged: a value that was read before that is then not served after it, however slow the read was.
pub struct ReadThrough<K, V> {
    held: Cache<K, V, ByWeight>,
    epochs: Epochs,
    misses: AtomicU64,
}

/// What a cache holds, and how often that was not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// How often the store was read.
    pub misses: u64,
    /// Bytes of the values held.
    pub held_bytes: u64,
    /// Most bytes that it may hold.
    pub bytes_max: u64,
}

#[derive(Clone)]
struct ByWeight;

impl<K, V: Weighed> Weighter<K, V> for ByWeight {
    fn weight(&self, _: &K, value: &V) -> u64 {
        value.weight_bytes().max(1) as u64
    }
}

/// Counts what was forgotten.
struct Epochs {
    hasher: RandomState,
    counts: [AtomicU64; STRIPES],
}

impl<K: Eq + Hash + Clone, V: Clone + Weighed> ReadThrough<K, V> {
    /// A cache of at most so many bytes, laid out for about so many values.
    pub fn new(capacity_bytes: u64, values_expected: usize) -> ReadThrough<K, V> {
        ReadThrough {
            held: Cache::with_weighter(values_expected, capacity_bytes, ByWeight),
            epochs: Epochs { hasher: RandomState::new(), counts: [const { AtomicU64::new(0) }; STRIPES] },
            misses: AtomicU64::new(0),
        }
    }

    /// The value of `key`: the one held, or the one that `load` finds, which is then held. What is not found is not.
    pub async fn read<E, F>(&self, key: &K, load: impl FnOnce() -> F) -> Result<Option<V>, E>
    where
        F: Future<Output = Result<Option<V>, E>>,
    {
        if let Some(value) = self.held.get(key) {
            return Ok(Some(value));
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let epoch = self.epochs.of(key);
        // Boxed: reading a store takes a large future, and whoever finds what is held would have to carry it along.
        let Some(value) = Box::pin(load()).await? else { return Ok(None) };
        self.held.insert(key.clone(), value.clone());
        if self.epochs.of(key) != epoch {
            self.held.remove(key);
        }
        Ok(Some(value))
    }

    /// Forgets the value of `key`, and what is being read of it.
    pub fn forget(&self, key: &K) {
        // First the epoch, then the value: whoever inserts in between sees the new epoch and takes it out again.
        self.epochs.count(key).fetch_add(1, Ordering::SeqCst);
        self.held.remove(key);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        for count in &self.epochs.counts {
            count.fetch_add(1, Ordering::SeqCst);
        }
        self.held.clear();
    }

    /// Bytes of the values held.
    pub fn weight_bytes(&self) -> u64 {
        self.held.weight()
    }

    /// What it holds.
    pub fn fill(&self) -> Fill {
        let misses = self.misses.load(Ordering::Relaxed);
        Fill { misses, held_bytes: self.held.weight(), bytes_max: self.held.capacity() }
    }
}

impl Epochs {
    fn of(&self, key: &impl Hash) -> u64 {
        self.count(key).load(Ordering::SeqCst)
    }

    fn count(&self, key: &impl Hash) -> &AtomicU64 {
        &self.counts[self.hasher.hash_one(key) as usize % STRIPES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    impl Weighed for u32 {
        fn weight_bytes(&self) -> usize {
            100
        }
    }

    async fn read(cache: &ReadThrough<u8, u32>, key: u8, stored: u32) -> Option<u32> {
        cache.read::<Infallible, _>(&key, || async { Ok(Some(stored)) }).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_held_is_not_read_again_until_it_is_forgotten() {
        let cache = ReadThrough::new(10_000, 10);
        assert_eq!(read(&cache, 1, 10).await, Some(10));
        assert_eq!(read(&cache, 1, 11).await, Some(10));
        cache.forget(&1);
        assert_eq!(read(&cache, 1, 12).await, Some(12));
        cache.clear();
        assert_eq!(read(&cache, 1, 13).await, Some(13));
        assert_eq!(cache.fill(), Fill { misses: 3, held_bytes: 100, bytes_max: 10_000 });
    }

    #[tokio::test]
    async fn what_was_read_before_a_commit_is_not_held_after_it() {
        let cache = ReadThrough::new(10_000, 10);
        let forgetting: [fn(&ReadThrough<u8, u32>); 2] = [|cache| cache.forget(&1), |cache| cache.clear()];
        for forget in forgetting {
            let slow_read = || async {
                forget(&cache);
                Ok::<_, Infallible>(Some(10))
            };
            assert_eq!(cache.read(&1, slow_read).await.unwrap(), Some(10));
            assert_eq!(read(&cache, 1, 11).await, Some(11));
            cache.forget(&1);
        }
    }

    #[tokio::test]
    async fn it_never_holds_more_bytes_than_it_may() {
        let cache = ReadThrough::new(1_000, 10);
        for key in 0..=u8::MAX {
            read(&cache, key, u32::from(key)).await;
            assert!(cache.weight_bytes() <= 1_000);
        }
        assert!(cache.weight_bytes() > 0);
    }
}
