//! A store is opened under its own root key, or left exactly as it is.

use crate::bench::{Bench, path, put, read, root_key};
use claviger_seal::{OpenError, SEALING_VERSION, SealError};
use std::sync::Arc;

const SENTINEL: &str = "-/-/seal";

#[tokio::test]
async fn an_empty_store_is_sealed_once() {
    let bench = Bench::new();
    bench.open().await;
    let rows = bench.rows().await;
    assert_eq!(rows.iter().map(|row| row.path.as_str()).collect::<Vec<_>>(), [SENTINEL]);
    bench.open().await;
    assert_eq!(bench.rows().await, rows);
}

#[tokio::test]
async fn a_wrong_root_key_is_refused_and_nothing_written() {
    let bench = Bench::new();
    put(&bench.open().await, "1/eu/a", b"value").await;
    let before = bench.rows().await;
    let other = root_key();
    let refused = bench.open_under(other.clone()).await.err();
    assert_eq!(refused, Some(OpenError::WrongRootKey { expected: bench.root.id(), given: other.id() }));
    assert_eq!(bench.rows().await, before);
    assert_eq!(read(&bench.open().await, "1/eu/a").await, Ok(Some(b"value".to_vec())));
}

#[tokio::test]
async fn a_store_that_was_never_sealed_is_refused_and_nothing_written() {
    for at in ["1/eu/a", "a", "~"] {
        let bench = Bench::new();
        bench.overwrite(at, vec![1, 2, 3]).await;
        let before = bench.rows().await;
        assert_eq!(bench.open_under(bench.root.clone()).await.err(), Some(OpenError::NeverSealed));
        assert_eq!(bench.rows().await, before);
    }
}

#[tokio::test]
async fn a_newer_sealing_is_refused_and_nothing_written() {
    let bench = Bench::new();
    bench.open().await;
    let mut newer = bench.row(SENTINEL).await;
    newer[0] = SEALING_VERSION + 1;
    bench.overwrite(SENTINEL, newer).await;
    let before = bench.rows().await;
    let refused = bench.open_under(bench.root.clone()).await.err();
    assert_eq!(refused, Some(OpenError::UnknownSealing { found: SEALING_VERSION + 1 }));
    assert_eq!(bench.rows().await, before);
}

#[tokio::test]
async fn a_changed_or_cut_sentinel_is_refused() {
    let bench = Bench::new();
    bench.open().await;
    let row = bench.row(SENTINEL).await;
    let damaged = Some(OpenError::Seal(SealError::Unsealable { path: path(SENTINEL) }));
    for at in 0..row.len() {
        let mut changed = row.clone();
        changed[at] ^= 0x10;
        bench.overwrite(SENTINEL, changed).await;
        let refused = bench.open_under(bench.root.clone()).await.err();
        match at {
            0 => assert_eq!(refused, Some(OpenError::UnknownSealing { found: SEALING_VERSION ^ 0x10 })),
            1..33 => assert!(matches!(refused, Some(OpenError::WrongRootKey { .. })), "byte {at}"),
            _ => assert_eq!(refused, damaged, "byte {at}"),
        }
        bench.overwrite(SENTINEL, row[..at].to_vec()).await;
        assert_eq!(bench.open_under(bench.root.clone()).await.err(), damaged, "{at} bytes");
    }
}

#[tokio::test]
async fn two_nodes_that_seal_an_empty_store_at_once_agree() {
    let bench = Bench::over(Arc::new(crate::domain_keys::Rendezvous::at(SENTINEL)));
    let (one, other) = tokio::join!(bench.open(), bench.open());
    put(&one, "1/eu/a", b"value").await;
    assert_eq!(read(&other, "1/eu/a").await, Ok(Some(b"value".to_vec())));
}

#[tokio::test]
async fn of_two_root_keys_on_an_empty_store_one_wins_and_the_other_is_refused() {
    let bench = Bench::over(Arc::new(crate::domain_keys::Rendezvous::at(SENTINEL)));
    let other = root_key();
    let both = tokio::join!(bench.open_under(bench.root.clone()), bench.open_under(other.clone()));
    let (expected, given) = match both {
        (Ok(_), Err(OpenError::WrongRootKey { expected, given })) => (expected, given),
        (Err(OpenError::WrongRootKey { expected, given }), Ok(_)) => (given, expected),
        _ => panic!("one is served and the other refused"),
    };
    assert_eq!((expected, given), (bench.root.id(), other.id()));
}
