//! A sealed store does what a store does, and the store beneath learns nothing of the values.

use crate::bench::{Bench, path, put, read};
use claviger_seal::{SealError, VALUE_BYTES_MAX, Write};
use claviger_store::{Bound, Guard, Notice, Outcome, Revision, Span, StoreError};

#[tokio::test]
async fn values_come_back_as_they_were_put() {
    let bench = Bench::new();
    let store = bench.open().await;
    let longest = vec![7; VALUE_BYTES_MAX];
    for value in [&b""[..], b"x", &longest] {
        put(&store, "1/eu/key/a", value).await;
        assert_eq!(read(&store, "1/eu/key/a").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(read(&bench.open().await, "1/eu/key/a").await, Ok(Some(longest)));
    assert_eq!(read(&store, "1/eu/key/b").await, Ok(None));
}

#[tokio::test]
async fn a_value_beyond_the_limit_is_refused_by_the_store() {
    let store = Bench::new().open().await;
    let refused = store.commit(vec![], vec![Write::put(path("1/eu/a"), vec![0; VALUE_BYTES_MAX + 1])]).await;
    assert!(matches!(refused, Err(SealError::Store(StoreError::OutOfBounds(Bound::ValueBytes { .. })))));
}

#[tokio::test]
async fn guards_and_writes_are_committed_together() {
    let store = Bench::new().open().await;
    let [a, b] = ["1/eu/a", "1/eu/b"].map(path);
    put(&store, "1/eu/a", b"1").await;
    let revision = store.read(&a).await.unwrap().unwrap().revision;
    let stale = Guard::Unchanged(a.clone(), Revision(revision.0 - 1));
    let writes = || vec![Write::put(b.clone(), vec![2]), Write::Delete(a.clone())];
    for guard in [stale, Guard::Absent(a.clone())] {
        assert_eq!(store.commit(vec![guard], writes()).await, Ok(Outcome::Conflict));
    }
    assert_eq!(read(&store, "1/eu/b").await, Ok(None));
    let outcome = store.commit(vec![Guard::Unchanged(a.clone(), revision)], writes()).await.unwrap();
    let entry = store.read(&b).await.unwrap().unwrap();
    assert_eq!((entry.value.expose(), outcome), (&[2][..], Outcome::Committed(entry.revision)));
    assert_eq!(read(&store, "1/eu/a").await, Ok(None));
}

#[tokio::test]
async fn a_scan_passes_over_what_the_sealing_keeps() {
    let store = Bench::new().open().await;
    for at in ["1/eu/a", "1/eu/e", "1/eu/z", "2/eu/a", "-/-/a"] {
        put(&store, at, at.as_bytes()).await;
    }
    for limit in 0..=7 {
        let found = store.scan(Span::prefix(""), limit).await.unwrap();
        let paths: Vec<_> = found.iter().map(|entry| entry.path.as_str()).collect();
        let all = ["-/-/a", "1/eu/a", "1/eu/e", "1/eu/z", "2/eu/a"];
        assert_eq!(paths, all[..limit.min(5)], "limit {limit}");
        assert!(found.iter().all(|entry| entry.value.expose() == entry.path.as_str().as_bytes()));
    }
    let within = store.scan(Span::prefix("1/eu/").after(&path("1/eu/a")), 9).await.unwrap();
    assert_eq!(within.len(), 2);
}

#[tokio::test]
async fn a_watch_tells_of_commits() {
    let store = Bench::new().open().await;
    put(&store, "1/eu/a", b"1").await;
    let mut watch = store.watch(Span::prefix("1/eu/"));
    put(&store, "1/eu/b", b"2").await;
    let revision = store.read(&path("1/eu/b")).await.unwrap().unwrap().revision;
    assert_eq!(watch.next().await, Some(Notice::Committed(revision, vec![path("1/eu/b")])));
}

#[tokio::test]
async fn the_rows_of_the_sealing_are_neither_read_nor_written() {
    let bench = Bench::new();
    let store = bench.open().await;
    put(&store, "1/eu/a", b"1").await;
    let before = bench.rows().await;
    for at in ["-/-/seal", "1/eu/domain-key/0000000001", "1/eu/domain-key/x"] {
        let reserved = SealError::Reserved { path: path(at) };
        assert_eq!(read(&store, at).await, Err(reserved.clone()));
        for write in [Write::put(path(at), vec![1]), Write::Delete(path(at))] {
            assert_eq!(store.commit(vec![], vec![write]).await, Err(reserved.clone()));
        }
    }
    for at in ["a", "1/eu", "/eu/a"] {
        let refused = store.commit(vec![], vec![Write::put(path(at), vec![1])]).await;
        assert_eq!(refused, Err(SealError::NoDomain { path: path(at) }));
    }
    assert_eq!(bench.rows().await, before);
}

#[tokio::test]
async fn no_value_stands_in_the_store_in_plain() {
    const MARKER: &[u8] = b"MARKER-OF-A-SECRET";
    let bench = Bench::new();
    let store = bench.open().await;
    for at in ["1/eu/a", "2/us/b", "-/-/c"] {
        put(&store, at, &[MARKER, &[0; 100], MARKER].concat()).await;
    }
    let rows = bench.rows().await;
    assert_eq!(rows.len(), 3 + 3 + 1, "values, domain keys, sentinel");
    for row in rows {
        assert!(!row.value.windows(8).any(|part| MARKER.windows(8).any(|mark| mark == part)), "{row:?}");
    }
}

#[tokio::test]
async fn the_same_value_is_stored_as_other_bytes_each_time() {
    let bench = Bench::new();
    let store = bench.open().await;
    put(&store, "1/eu/a", &[0; 64]).await;
    let first = bench.row("1/eu/a").await;
    put(&store, "1/eu/a", &[0; 64]).await;
    let second = bench.row("1/eu/a").await;
    assert_eq!(first[..5], second[..5], "format and domain key");
    assert!(first[5..].chunks(8).zip(second[5..].chunks(8)).all(|(one, other)| one != other));
}
