//! The suite that every engine passes: single behaviours, random histories against a plain map, concurrent callers.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "it is a test, and fails by panicking where the fault is"
)]

mod concurrency;
mod contract;
mod dice;
mod history;

pub use concurrency::*;
pub use contract::*;
pub use dice::Dice;
pub use history::histories_match_a_plain_map;

use claviger_store::{Entry, MemoryStore, Outcome, Path, Revision, Store, Transaction};

/// A store under test.
pub trait Subject {
    /// Its engine.
    type Engine: Store;

    /// The store.
    fn engine(&self) -> &Self::Engine;

    /// The same store, closed and opened again; itself where nothing outlives the process.
    fn reopened(self) -> Self;
}

impl Subject for MemoryStore {
    type Engine = MemoryStore;

    fn engine(&self) -> &MemoryStore {
        self
    }

    fn reopened(self) -> Self {
        self
    }
}

/// Runs the whole suite; `make` gives an empty store each time. Panics where the engine departs from the contract.
pub async fn conforms<S: Subject>(make: impl Fn() -> S) {
    what_is_put_is_read_until_it_is_deleted(make().engine()).await;
    every_commit_has_a_greater_revision(make().engine()).await;
    revisions_grow_across_reopening(make()).await;
    a_guard_holds_only_on_exactly_what_it_names(make().engine()).await;
    guards_see_the_state_before_the_changes(make().engine()).await;
    a_conflict_changes_nothing(make().engine()).await;
    a_scan_is_ordered_bytewise_and_limited(make().engine()).await;
    what_is_beyond_a_limit_is_refused(make().engine()).await;
    a_watch_tells_of_changes_in_its_span_alone(make().engine()).await;
    a_slow_watcher_loses_its_place_once(make().engine()).await;
    histories_match_a_plain_map(&make).await;
    guarded_counters_lose_no_increment(make().engine()).await;
    a_watch_tells_of_every_commit_once_and_in_order(make().engine()).await;
    paging_neither_skips_nor_repeats(make().engine()).await;
    a_transaction_is_seen_whole_or_not_at_all(make().engine()).await;
}

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path of the suite")
}

async fn read<S: Store>(store: &S, text: &str) -> Option<Entry> {
    store.read(&path(text)).await.expect("a read")
}

async fn commit<S: Store>(store: &S, transaction: Transaction) -> Outcome {
    store.commit(transaction).await.expect("a commit")
}

async fn committed<S: Store>(store: &S, transaction: Transaction) -> Revision {
    match commit(store, transaction).await {
        Outcome::Committed(revision) => revision,
        Outcome::Conflict => panic!("a conflict where every guard holds"),
    }
}

async fn put<S: Store>(store: &S, text: &str, value: &[u8]) -> Revision {
    committed(store, Transaction::new().put(path(text), value.to_vec())).await
}

/// Lets the other futures of the task go first.
async fn step_aside() {
    let mut stepped = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut stepped, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_model_conforms() {
        super::conforms(claviger_store::MemoryStore::new).await;
    }
}
