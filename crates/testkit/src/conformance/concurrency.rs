//! What holds while several callers are under way at once.

use super::{commit, committed, path, put, read, step_aside};
use claviger_store::{Notice, Outcome, Path, Revision, Span, Store, Transaction};
use futures_util::future::{join, join_all};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

const WRITERS: usize = 12;
const COMMITS_EACH: usize = 25;
const COUNTERS: usize = 3;
const PAGED: usize = 120;
const PAGE: usize = 7;

/// Concurrent read-and-set increments under `Unchanged` guards add up.
pub async fn guarded_counters_lose_no_increment<S: Store>(store: &S) {
    join_all((0..WRITERS).map(|writer| async move {
        for round in 0..COMMITS_EACH {
            increment(store, &format!("counter/{}", (writer + round) % COUNTERS)).await;
        }
    }))
    .await;
    let mut sum = 0;
    for counter in 0..COUNTERS {
        sum += count(&read(store, &format!("counter/{counter}")).await.expect("a counter").value);
    }
    assert_eq!(sum, WRITERS * COMMITS_EACH);
}

async fn increment<S: Store>(store: &S, counter: &str) {
    loop {
        let found = read(store, counter).await;
        step_aside().await;
        let transaction = match &found {
            Some(entry) => Transaction::new().unchanged(path(counter), entry.revision),
            None => Transaction::new().absent(path(counter)),
        };
        let next = 1 + found.map_or(0, |entry| count(&entry.value));
        let transaction = transaction.put(path(counter), next.to_string().into_bytes());
        if let Outcome::Committed(_) = commit(store, transaction).await {
            return;
        }
    }
}

fn count(value: &[u8]) -> usize {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).expect("a count")
}

/// With many writers at once, no notice is missing, repeated or out of order.
pub async fn a_watch_tells_of_every_commit_once_and_in_order<S: Store>(store: &S) {
    let mut watch = store.watch(Span::prefix("w/"));
    let writers = (0..WRITERS).map(|writer| async move {
        let mut commits = vec![];
        for round in 0..COMMITS_EACH {
            let text = format!("w/{writer}/{round}");
            commits.push((put(store, &text, b"").await, vec![path(&text)]));
        }
        commits
    });
    let expected: BTreeMap<Revision, Vec<Path>> = join_all(writers).await.into_iter().flatten().collect();
    let mut told = vec![];
    for _ in 0..WRITERS * COMMITS_EACH {
        match watch.next().await {
            Some(Notice::Committed(revision, paths)) => told.push((revision, paths)),
            other => panic!("{other:?} instead of a commit"),
        }
    }
    assert_eq!(told, expected.into_iter().collect::<Vec<_>>());
    let last = put(store, "w/last", b"").await;
    assert_eq!(watch.next().await, Some(Notice::Committed(last, vec![path("w/last")])));
}

/// Entries that stay are listed exactly once, however others come and go between the pages.
pub async fn paging_neither_skips_nor_repeats<S: Store>(store: &S) {
    for at in 0..PAGED {
        let _ = put(store, &stays(at), b"").await;
    }
    let done = AtomicBool::new(false);
    let paging = async {
        let listed = list(store).await;
        done.store(true, Ordering::Relaxed);
        listed
    };
    let (listed, ()) = join(paging, churn(store, &done)).await;
    assert!(listed.is_sorted_by(|one, other| one < other), "out of order or repeated");
    let stayed: Vec<String> = listed.into_iter().filter(|text| text.ends_with('s')).collect();
    assert_eq!(stayed, (0..PAGED).map(stays).collect::<Vec<_>>());
}

fn stays(at: usize) -> String {
    format!("page/{at:03}/s")
}

async fn churn<S: Store>(store: &S, done: &AtomicBool) {
    let mut round = 0;
    while !done.load(Ordering::Relaxed) {
        let goes = |at: usize| path(&format!("page/{:03}/goes", at % PAGED));
        let _ =
            committed(store, Transaction::new().put(goes(round * 7), vec![]).delete(goes(round * 11 + 1)))
                .await;
        round += 1;
        step_aside().await;
    }
}

async fn list<S: Store>(store: &S) -> Vec<String> {
    let mut listed = vec![];
    let mut span = Span::prefix("page/");
    loop {
        let page = store.scan(span.clone(), PAGE).await.expect("a page");
        let Some(last) = page.last() else { return listed };
        span = span.after(&last.path);
        listed.extend(page.iter().map(|entry| entry.path.to_string()));
        step_aside().await;
    }
}

/// A scan never sees one half of a commit.
pub async fn a_transaction_is_seen_whole_or_not_at_all<S: Store>(store: &S) {
    let done = AtomicBool::new(false);
    let writing = async {
        for round in 0..WRITERS * COMMITS_EACH {
            let value = round.to_string().into_bytes();
            let _ = committed(
                store,
                Transaction::new().put(path("left"), value.clone()).put(path("right"), value),
            )
            .await;
        }
        done.store(true, Ordering::Relaxed);
    };
    let looking = async {
        while !done.load(Ordering::Relaxed) {
            let seen = store.scan(Span::prefix(""), 9).await.expect("a scan");
            assert!(matches!(seen.len(), 0 | 2), "{seen:?}");
            assert!(
                seen.iter().all(|entry| (&entry.value, entry.revision) == (&seen[0].value, seen[0].revision))
            );
            step_aside().await;
        }
    };
    join(writing, looking).await;
}
