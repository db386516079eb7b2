//! What an issuer publishes, and when it is asked for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use claviger_clock::{SignedDuration, Timestamp};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jsonwebtoken::Algorithm;
use serde_json::json;
use tokio::sync::Semaphore;

use super::remote::{FETCH_INTERVAL_SECONDS, KEYS_FRESH_SECONDS, KEYS_KEPT_SECONDS};
use super::{FetchFailed, IssuerUrl, Issuers, KeySource, NoKey, WantedKey, Web};

const ISSUER: &str = "https://issuer.example/ci";
const PROVIDER: &str = "issuer.example/ci";
const DESCRIPTION_URL: &str = "https://issuer.example/ci/.well-known/openid-configuration";
const KEYS_URL: &str = "https://keys.example/jwks";
const START_SECONDS: i64 = 1_800_000_000;

/// Some pages, and how often they were asked for. Without permits nobody gets an answer.
struct Pages {
    texts: Mutex<HashMap<String, String>>,
    fetches: AtomicUsize,
    permits: Semaphore,
}

impl Pages {
    fn new() -> Arc<Pages> {
        let permits = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Pages { texts: Mutex::default(), fetches: AtomicUsize::new(0), permits })
    }

    fn put(&self, url: &str, text: impl Into<String>) {
        self.texts.lock().unwrap().insert(url.to_owned(), text.into());
    }

    fn go_down(&self) {
        self.texts.lock().unwrap().clear();
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl Web for Pages {
    fn fetch<'w>(&'w self, url: &'w str) -> BoxFuture<'w, Result<Vec<u8>, FetchFailed>> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        async move {
            self.permits.acquire().await.unwrap().forget();
            let text = self.texts.lock().unwrap().get(url).cloned();
            text.map(String::into_bytes).ok_or_else(|| FetchFailed("nobody answers".into()))
        }
        .boxed()
    }

    fn spawn(&self, work: BoxFuture<'static, ()>) {
        tokio::spawn(work);
    }
}

fn keys(ids: &[&str]) -> String {
    let key = |id| {
        // The base point of the curve: a valid public key.
        let x = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
        let y = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
        json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": x, "y": y})
    };
    json!({"keys": ids.iter().map(key).collect::<Vec<_>>()}).to_string()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(START_SECONDS + i64::try_from(seconds).unwrap())
}

fn knowing(source: KeySource) -> Arc<Issuers> {
    Arc::new(Issuers::new([(ISSUER.parse().unwrap(), source)]).unwrap())
}

fn published(pages: &Arc<Pages>) -> Arc<Issuers> {
    knowing(KeySource::At(KEYS_URL.into(), pages.clone()))
}

/// The key of this id at this time, if there is one.
async fn key(issuers: &Issuers, id: &str, seconds: u64) -> Result<(), NoKey> {
    let wanted = WantedKey { id: Some(id), algorithm: Algorithm::ES256 };
    issuers.key(PROVIDER, &wanted, at(seconds)).await.map(drop)
}

#[tokio::test]
async fn keys_are_fetched_once_and_held_while_they_are_fresh() {
    let pages = Pages::new();
    pages.put(KEYS_URL, keys(&["k1"]));
    let issuers = published(&pages);
    assert_eq!(pages.fetches(), 0, "nobody has asked");
    for seconds in [0, 1, KEYS_FRESH_SECONDS - 1] {
        assert_eq!(key(&issuers, "k1", seconds).await, Ok(()));
    }
    assert_eq!(pages.fetches(), 1);
    assert_eq!(key(&issuers, "k1", KEYS_FRESH_SECONDS).await, Ok(()));
    assert_eq!(pages.fetches(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_unknown_ones_ask_no_more_often_than_the_interval() {
    let pages = Pages::new();
    pages.put(KEYS_URL, keys(&["k1"]));
    let issuers = published(&pages);
    assert_eq!(key(&issuers, "k1", 0).await, Ok(()));
    pages.put(KEYS_URL, keys(&["k1", "k2"]));
    for id in ["k2", "x", "y"] {
        assert_eq!(key(&issuers, id, FETCH_INTERVAL_SECONDS - 1).await, Err(NoKey::Unknown));
    }
    assert_eq!(pages.fetches(), 1);
    assert_eq!(key(&issuers, "k2", FETCH_INTERVAL_SECONDS).await, Ok(()));
    assert_eq!(key(&issuers, "x", FETCH_INTERVAL_SECONDS).await, Err(NoKey::Unknown));
    assert_eq!(pages.fetches(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_not_taken_once_what_is_held_is_not_fresh() {
    let pages = Pages::new();
    pages.put(KEYS_URL, keys(&["k1", "k2"]));
    let issuers = published(&pages);
    assert_eq!(key(&issuers, "k1", 0).await, Ok(()));
    pages.put(KEYS_URL, keys(&["k2"]));
    assert_eq!(key(&issuers, "k1", KEYS_FRESH_SECONDS).await, Err(NoKey::Unknown));
}

#[tokio::test]
async fn what_is_held_serves_while_the_issuer_is_down_until_it_is_too_old() {
    let pages = Pages::new();
    pages.put(KEYS_URL, keys(&["k1"]));
    let issuers = published(&pages);
    assert_eq!(key(&issuers, "k1", 0).await, Ok(()));
    pages.go_down();
    for seconds in [KEYS_FRESH_SECONDS, KEYS_FRESH_SECONDS + FETCH_INTERVAL_SECONDS, KEYS_KEPT_SECONDS - 1] {
        assert_eq!(key(&issuers, "k1", seconds).await, Ok(()), "after {seconds} seconds");
    }
    assert_eq!(key(&issuers, "k2", KEYS_KEPT_SECONDS - 1).await, Err(NoKey::Unreachable));
    assert_eq!(key(&issuers, "k1", KEYS_KEPT_SECONDS).await, Err(NoKey::Unreachable));
    pages.put(KEYS_URL, keys(&["k1"]));
    let later = KEYS_KEPT_SECONDS + FETCH_INTERVAL_SECONDS;
    assert_eq!(key(&issuers, "k1", later).await, Ok(()));
}

#[tokio::test]
async fn an_issuer_that_never_answered_is_unreachable_and_asked_at_intervals() {
    let pages = Pages::new();
    let issuers = published(&pages);
    for _ in 0..3 {
        assert_eq!(key(&issuers, "k1", 0).await, Err(NoKey::Unreachable));
    }
    assert_eq!(pages.fetches(), 1);
    for nonsense in ["", "<html>", "{}", r#"{"keys":{}}"#] {
        pages.put(KEYS_URL, nonsense);
        let issuers = published(&pages);
        assert_eq!(key(&issuers, "k1", 0).await, Err(NoKey::Unreachable), "{nonsense}");
    }
}

#[tokio::test]
async fn while_the_issuer_is_asked_known_keys_serve_and_everybody_else_waits_for_the_one_answer() {
    let pages = Pages::new();
    pages.put(KEYS_URL, keys(&["k1"]));
    let issuers = published(&pages);
    assert_eq!(key(&issuers, "k1", 0).await, Ok(()));
    pages.put(KEYS_URL, keys(&["k1", "k2"]));
    pages.permits.forget_permits(Semaphore::MAX_PERMITS);
    let later = FETCH_INTERVAL_SECONDS;
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            let issuers = issuers.clone();
            tokio::spawn(async move { key(&issuers, "k2", later).await })
        })
        .collect();
    while pages.fetches() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(key(&issuers, "k1", later).await, Ok(()));
    // A client that hangs up breaks nothing off.
    waiting[0].abort();
    pages.permits.add_permits(1);
    for waiting in waiting.into_iter().skip(1) {
        assert_eq!(waiting.await.unwrap(), Ok(()));
    }
    assert_eq!(pages.fetches(), 2);
}

#[tokio::test]
async fn an_issuer_without_a_keys_url_says_where_its_keys_are() {
    let pages = Pages::new();
    pages.put(DESCRIPTION_URL, json!({"issuer": ISSUER, "jwks_uri": KEYS_URL}).to_string());
    pages.put(KEYS_URL, keys(&["k1"]));
    let issuers = knowing(KeySource::Discovered(pages.clone()));
    assert_eq!(key(&issuers, "k1", 0).await, Ok(()));
    assert_eq!(pages.fetches(), 2);
    let wrong = [
        json!({"issuer": "https://issuer.example", "jwks_uri": KEYS_URL}),
        json!({"issuer": ISSUER, "jwks_uri": "http://127.0.0.1/jwks"}),
        json!({"issuer": ISSUER}),
    ];
    pages.put("http://127.0.0.1/jwks", keys(&["k1"]));
    for wrong in wrong {
        pages.put(DESCRIPTION_URL, wrong.to_string());
        let issuers = knowing(KeySource::Discovered(pages.clone()));
        assert_eq!(key(&issuers, "k1", 0).await, Err(NoKey::Unreachable), "{wrong}");
    }
}

#[tokio::test]
async fn given_keys_are_exchanged_for_others_or_stay() {
    let issuers = knowing(KeySource::Given(keys(&["k1"])));
    let url: IssuerUrl = ISSUER.parse().unwrap();
    assert!(issuers.exchange(&url, "{}").is_err());
    assert_eq!(key(&issuers, "k1", 0).await, Ok(()));
    issuers.exchange(&url, &keys(&["k2"])).unwrap();
    assert_eq!(key(&issuers, "k1", 0).await, Err(NoKey::Unknown));
    assert_eq!(key(&issuers, "k2", 0).await, Ok(()));
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nothing_fresh() {
    let pages = Pages::new();
    pages.put(KEYS_URL, keys(&["k1"]));
    let issuers = published(&pages);
    assert_eq!(key(&issuers, "k1", KEYS_KEPT_SECONDS).await, Ok(()));
    pages.go_down();
    assert_eq!(key(&issuers, "k1", 0).await, Err(NoKey::Unreachable));
}
