//! Whoever can write to the store beneath can destroy, and cannot change.

use crate::bench::{Bench, put, read, unsealable};
use claviger_seal::SealError;
use claviger_store::Span;

const VALUE: &str = "1/eu/key/a";
const DOMAIN_KEY: &str = "1/eu/domain-key/0000000001";

#[tokio::test]
async fn a_value_with_any_bit_changed_does_not_open() {
    let bench = Bench::new();
    let store = bench.open().await;
    put(&store, VALUE, b"a value").await;
    let sealed = bench.row(VALUE).await;
    for bit in 0..8 * sealed.len() {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        bench.overwrite(VALUE, changed).await;
        assert_eq!(read(&store, VALUE).await, unsealable(VALUE), "bit {bit}");
    }
    bench.overwrite(VALUE, sealed).await;
    assert_eq!(read(&store, VALUE).await, Ok(Some(b"a value".to_vec())));
}

#[tokio::test]
async fn a_value_cut_anywhere_does_not_open() {
    let bench = Bench::new();
    let store = bench.open().await;
    put(&store, VALUE, b"a value").await;
    let sealed = bench.row(VALUE).await;
    for length in 0..sealed.len() {
        bench.overwrite(VALUE, sealed[..length].to_vec()).await;
        assert_eq!(read(&store, VALUE).await, unsealable(VALUE), "{length} bytes");
    }
}

#[tokio::test]
async fn a_domain_key_with_any_bit_changed_opens_no_value() {
    let bench = Bench::new();
    put(&bench.open().await, VALUE, b"a value").await;
    let wrapped = bench.row(DOMAIN_KEY).await;
    for bit in 0..8 * wrapped.len() {
        let mut changed = wrapped.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        bench.overwrite(DOMAIN_KEY, changed).await;
        assert_eq!(read(&bench.open().await, VALUE).await, unsealable(DOMAIN_KEY), "bit {bit}");
    }
}

#[tokio::test]
async fn values_that_change_places_do_not_open() {
    let bench = Bench::new();
    let store = bench.open().await;
    for other in ["1/eu/key/b", "1/us/key/a", "2/eu/key/a"] {
        put(&store, VALUE, b"one").await;
        put(&store, other, b"other").await;
        let (one, two) = (bench.row(VALUE).await, bench.row(other).await);
        bench.overwrite(VALUE, two).await;
        bench.overwrite(other, one).await;
        assert_eq!(read(&store, VALUE).await, unsealable(VALUE));
        assert_eq!(read(&store, other).await, unsealable(other));
    }
}

#[tokio::test]
async fn a_domain_key_moved_to_another_domain_or_version_does_not_open() {
    let bench = Bench::new();
    put(&bench.open().await, VALUE, b"one").await;
    put(&bench.open().await, "2/eu/key/a", b"other").await;
    let wrapped = bench.row(DOMAIN_KEY).await;
    for moved in ["2/eu/domain-key/0000000001", "2/eu/domain-key/0000000002"] {
        bench.overwrite(moved, wrapped.clone()).await;
        let refused = bench.open().await.commit(vec![], vec![write_to("2/eu/key/b")]).await;
        assert_eq!(refused.map(|_| ()), unsealable(moved));
    }
}

#[tokio::test]
async fn a_value_without_its_domain_key_does_not_open_and_says_so() {
    let bench = Bench::new();
    put(&bench.open().await, VALUE, b"a value").await;
    bench.remove(DOMAIN_KEY).await;
    assert_eq!(read(&bench.open().await, VALUE).await, unsealable(VALUE));
}

#[tokio::test]
async fn a_foreign_row_among_the_domain_keys_is_no_domain_key() {
    let bench = Bench::new();
    bench.open().await;
    bench.overwrite("1/eu/domain-key/1", vec![1; 200]).await;
    let refused = bench.open().await.commit(vec![], vec![write_to(VALUE)]).await;
    assert_eq!(refused.map(|_| ()), unsealable("1/eu/domain-key/1"));
}

#[tokio::test]
async fn one_changed_value_refuses_the_scan_that_meets_it() {
    let bench = Bench::new();
    let store = bench.open().await;
    for at in ["1/eu/key/a", "1/eu/key/b", "1/eu/key/c"] {
        put(&store, at, b"value").await;
    }
    bench.overwrite("1/eu/key/b", vec![]).await;
    let refused = store.scan(Span::prefix("1/eu/key/"), 3).await.map(|_| ());
    assert_eq!(refused, unsealable("1/eu/key/b"));
    assert_eq!(store.scan(Span::prefix("1/eu/key/"), 1).await.unwrap().len(), 1);
}

#[test]
fn the_error_names_the_path_and_not_the_value() {
    let Err::<(), SealError>(error) = unsealable(VALUE) else { return };
    assert!(error.to_string().starts_with("1/eu/key/a does not open"), "{error}");
}

fn write_to(at: &str) -> claviger_seal::Write {
    claviger_seal::Write::put(crate::bench::path(at), vec![1])
}
