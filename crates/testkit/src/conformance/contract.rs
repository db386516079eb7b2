//! What the contract says, one behaviour at a time.

use super::{Subject, commit, committed, path, put, read};
use claviger_store::{
    Bound, Notice, Outcome, Revision, SCAN_LIMIT_ENTRIES, Span, Store, StoreError, TRANSACTION_LIMIT_STEPS,
    Transaction, VALUE_LIMIT_BYTES, WATCH_BACKLOG_PATHS,
};

/// Values of every length come back, the last one put counts, and after a delete there is nothing.
pub async fn what_is_put_is_read_until_it_is_deleted<S: Store>(store: &S) {
    assert_eq!(read(store, "a").await, None);
    for length in [0, 1, 5_000, VALUE_LIMIT_BYTES] {
        let value: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let revision = put(store, "a", &value).await;
        let entry = read(store, "a").await.expect("the entry that was put");
        assert_eq!((entry.path, entry.revision), (path("a"), revision));
        assert!(entry.value == value, "a value of {length} bytes came back changed");
    }
    let _ = committed(store, Transaction::new().delete(path("a"))).await;
    assert_eq!(read(store, "a").await, None);
    let _ = committed(store, Transaction::new().delete(path("a"))).await;
}

/// Also a commit that changes nothing has a revision of its own.
pub async fn every_commit_has_a_greater_revision<S: Store>(store: &S) {
    let first = put(store, "a", b"1").await;
    let second = put(store, "a", b"1").await;
    let empty = committed(store, Transaction::new()).await;
    let last = committed(store, Transaction::new().delete(path("nothing"))).await;
    assert!(first < second && second < empty && empty < last);
    assert_eq!(read(store, "a").await.expect("an entry").revision, second);
}

/// A revision is not used again after a restart, not even that of something deleted since.
pub async fn revisions_grow_across_reopening<S: Subject>(subject: S) {
    let kept = put(subject.engine(), "a", b"1").await;
    let _ = put(subject.engine(), "b", b"2").await;
    let deleted = committed(subject.engine(), Transaction::new().delete(path("b"))).await;
    let subject = subject.reopened();
    let entry = read(subject.engine(), "a").await.expect("an entry from before");
    assert_eq!((entry.value.as_slice(), entry.revision), (b"1".as_slice(), kept));
    assert_eq!(read(subject.engine(), "b").await, None);
    assert!(put(subject.engine(), "b", b"3").await > deleted);
}

/// `Absent` and `Unchanged` against nothing, the right revision, an old one, and what came back after a delete.
pub async fn a_guard_holds_only_on_exactly_what_it_names<S: Store>(store: &S) {
    let guarded = |revision| Transaction::new().unchanged(path("a"), revision).put(path("b"), vec![]);
    let absent = || Transaction::new().absent(path("a")).put(path("b"), vec![]);
    assert_eq!(commit(store, guarded(Revision(1))).await, Outcome::Conflict);
    let _ = committed(store, absent()).await;
    let first = put(store, "a", b"1").await;
    let _ = committed(store, guarded(first)).await;
    assert_eq!(commit(store, absent()).await, Outcome::Conflict);
    let second = put(store, "a", b"1").await;
    assert_eq!(commit(store, guarded(first)).await, Outcome::Conflict);
    let _ = committed(store, Transaction::new().delete(path("a"))).await;
    assert_eq!(commit(store, guarded(second)).await, Outcome::Conflict);
    let _ = put(store, "a", b"1").await;
    assert_eq!(commit(store, guarded(second)).await, Outcome::Conflict);
}

/// A guard may look at what the same transaction changes.
pub async fn guards_see_the_state_before_the_changes<S: Store>(store: &S) {
    let first = committed(store, Transaction::new().absent(path("a")).put(path("a"), b"1".to_vec())).await;
    let moved = Transaction::new().unchanged(path("a"), first).absent(path("b"));
    let _ = committed(store, moved.delete(path("a")).put(path("b"), b"1".to_vec())).await;
    assert_eq!(read(store, "a").await, None);
    assert!(read(store, "b").await.is_some());
}

/// One guard that does not hold is enough.
pub async fn a_conflict_changes_nothing<S: Store>(store: &S) {
    let kept = put(store, "kept", b"1").await;
    let transaction = Transaction::new().unchanged(path("kept"), kept).absent(path("kept"));
    let transaction = transaction.put(path("new"), vec![]).put(path("kept"), b"2".to_vec());
    assert_eq!(commit(store, transaction).await, Outcome::Conflict);
    assert_eq!(read(store, "new").await, None);
    assert_eq!(read(store, "kept").await.expect("an entry").value, b"1");
}

/// Prefixes, ranges, pages; nothing beside the span and nothing beyond the limit.
pub async fn a_scan_is_ordered_bytewise_and_limited<S: Store>(store: &S) {
    for text in ["b", "a/2", "a/10", "a", "a/", "a0", "A", "a/~", "a/ "] {
        let _ = put(store, text, text.as_bytes()).await;
    }
    let cases = [
        (Span::prefix("a/"), 9, "a/|a/ |a/10|a/2|a/~"),
        (Span::prefix("a/"), 2, "a/|a/ "),
        (Span::prefix("a/"), 0, ""),
        (Span::prefix("a/").after(&path("a/10")), 9, "a/2|a/~"),
        (Span::prefix("a/").after(&path("a/1")), 1, "a/10"),
        (Span::prefix("a/").after(&path("b")), 9, ""),
        (Span::between(&path("a"), &path("a/2")), 9, "a|a/|a/ |a/10"),
        (Span::between(&path("b"), &path("a")), 9, ""),
        (Span::prefix(""), SCAN_LIMIT_ENTRIES, "A|a|a/|a/ |a/10|a/2|a/~|a0|b"),
    ];
    for (span, limit, expected) in cases {
        let entries = store.scan(span.clone(), limit).await.expect("a scan");
        assert!(entries.iter().all(|entry| entry.value == entry.path.as_str().as_bytes()));
        let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths.join("|"), expected, "{span:?} limit {limit}");
    }
}

/// Each limit itself is allowed; one more is refused, and nothing of it happens.
pub async fn what_is_beyond_a_limit_is_refused<S: Store>(store: &S) {
    let puts = |count: usize| {
        (0..count).fold(Transaction::new().absent(path("b")), |all, at| {
            all.put(path(&format!("a/{at:03}")), vec![])
        })
    };
    let refused = |bound| Err(StoreError::OutOfBounds(bound));
    let asked = TRANSACTION_LIMIT_STEPS + 1;
    assert_eq!(store.commit(puts(asked - 1)).await, refused(Bound::TransactionSteps { asked }));
    assert_eq!(store.scan(Span::prefix(""), 9).await, Ok(vec![]));
    let _ = committed(store, puts(asked - 2)).await;
    let asked_bytes = VALUE_LIMIT_BYTES + 1;
    let long = Transaction::new().put(path("b"), vec![0; asked_bytes]);
    assert_eq!(store.commit(long).await, refused(Bound::ValueBytes { path: path("b"), asked_bytes }));
    let twice = Transaction::new().put(path("b"), vec![]).delete(path("b"));
    assert_eq!(store.commit(twice).await, refused(Bound::ChangedTwice { path: path("b") }));
    let asked = SCAN_LIMIT_ENTRIES + 1;
    let scanned = store.scan(Span::prefix(""), asked).await;
    assert_eq!(scanned, Err(StoreError::OutOfBounds(Bound::ScanEntries { asked })));
}

/// Not of what was before, not of other paths, not of conflicts, not of deletes of nothing.
pub async fn a_watch_tells_of_changes_in_its_span_alone<S: Store>(store: &S) {
    let _ = put(store, "a/before", b"1").await;
    let mut watch = store.watch(Span::prefix("a/"));
    let _ = put(store, "b", b"1").await;
    assert_eq!(
        commit(store, Transaction::new().absent(path("b")).delete(path("a/before"))).await,
        Outcome::Conflict
    );
    let _ = committed(store, Transaction::new().delete(path("a/nothing"))).await;
    let first = committed(store, Transaction::new().put(path("a/1"), vec![]).put(path("b"), vec![])).await;
    let second = committed(store, Transaction::new().delete(path("a/before"))).await;
    assert_eq!(watch.next().await, Some(Notice::Committed(first, vec![path("a/1")])));
    assert_eq!(watch.next().await, Some(Notice::Committed(second, vec![path("a/before")])));
}

/// A watcher that does not listen is told so, once, and hears again what comes then.
pub async fn a_slow_watcher_loses_its_place_once<S: Store>(store: &S) {
    let mut watch = store.watch(Span::prefix(""));
    let many = |round: usize| {
        let change = |all: Transaction, at| all.put(path(&format!("{round}/{at}")), vec![]);
        (0..TRANSACTION_LIMIT_STEPS).fold(Transaction::new(), change)
    };
    for round in 0..=WATCH_BACKLOG_PATHS / TRANSACTION_LIMIT_STEPS {
        let _ = committed(store, many(round)).await;
    }
    let last = put(store, "last", b"").await;
    let mut told = vec![];
    while told.last() != Some(&Some(Notice::Committed(last, vec![path("last")]))) {
        told.push(watch.next().await);
        assert!(told.last() != Some(&None), "the watch ended");
    }
    assert_eq!(told.iter().filter(|notice| **notice == Some(Notice::Lost)).count(), 1);
}
