//! The operator's address: alive, ready or why not, and the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use claviger_audit::{Limits, Trail};
use claviger_server::{Cause, Drained};
use claviger_store::{
    Answer as Stored, Entry, Herald, MemoryStore, Outcome, Path, Span, Store, StoreError, Transaction, Watch,
};

use crate::client::{Answer, Call, Client, ask};
use crate::node::{Node, in_memory, settings, start, start_on, start_with};

async fn get(node: &Node, path: &str) -> Answer {
    ask(node.operator, format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn a_healthy_node_is_alive_and_ready() {
    let node = start().await;
    assert_eq!(get(&node, "/livez").await.body, "alive\n");
    let ready = get(&node, "/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    assert_eq!(get(&node, "/").await.status, 404);
    assert_eq!(ask(node.operator, b"POST /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.status, 405);
    assert_eq!(node.records().len(), 0);
}

#[tokio::test]
async fn metrics_count_what_was_asked_and_answered() {
    let node = start().await;
    assert_eq!(ask(node.address, &Call::new("ListKeys", "{}").bytes()).await.status, 200);
    let missing = Call::new("DescribeKey", "{\"KeyId\":\"alias/none\"}");
    assert_eq!(ask(node.address, &missing.bytes()).await.status, 400);
    let metrics = get(&node, "/metrics").await;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(metrics.header("content-type"), Some(content_type));
    for line in [
        "claviger_requests_total{operation=\"ListKeys\",code=\"OK\"} 1",
        "claviger_requests_total{operation=\"DescribeKey\",code=\"NotFoundException\"} 1",
        "claviger_requests_total{operation=\"CreateKey\",code=\"OK\"} 0",
        "claviger_request_duration_seconds_count{operation=\"ListKeys\"} 1",
        "claviger_requests_in_flight 0",
        "claviger_trail_healthy 1",
        "claviger_store_healthy 1",
    ] {
        assert!(metrics.body.lines().any(|found| found == line), "no {line} in {}", metrics.body);
    }
}

#[tokio::test]
async fn while_the_trail_cannot_be_written_nothing_is_answered_and_the_node_is_not_ready() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("trail");
    let trail = Trail::open(&directory, Limits::default()).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    let node = start_with(settings(), trail).await;
    let answer = ask(node.address, &Call::new("ListKeys", "{}").bytes()).await;
    assert_eq!(answer.fault(), (503, "ServiceUnavailableException".to_owned()));
    let ready = get(&node, "/readyz").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, "the audit trail cannot be written: entity not found\n")
    );
    assert!(get(&node, "/metrics").await.body.contains("\nclaviger_trail_healthy 0\n"));
    std::fs::create_dir(&directory).unwrap();
    assert_eq!(get(&node, "/readyz").await.status, 200);
    assert_eq!(ask(node.address, &Call::new("ListKeys", "{}").bytes()).await.status, 200);
}

#[tokio::test]
async fn what_goes_on_is_counted_while_it_does() {
    let node = start().await;
    let told = async |line: &str| get(&node, "/metrics").await.body.lines().any(|found| found == line);
    assert!(told("claviger_connections 0").await);
    let request = Call::new("ListKeys", "{}").bytes();
    let mut client = Client::connect(node.address).await;
    client.send(&request[..request.len() - 1]).await;
    while !told("claviger_requests_in_flight 1").await {}
    assert!(told("claviger_connections 1").await);
    client.send(&request[request.len() - 1..]).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
    while !told("claviger_requests_in_flight 0").await {}
    assert!(told("claviger_connections 1").await);
    drop(client);
    while !told("claviger_connections 0").await {}
}

/// A store that can be taken away, and that can stop telling of its commits.
struct Fragile {
    store: MemoryStore,
    gone: AtomicBool,
    herald: Herald,
}

impl Fragile {
    fn new() -> Arc<Fragile> {
        let (store, gone, herald) = (MemoryStore::new(), AtomicBool::new(false), Herald::new());
        Arc::new(Fragile { store, gone, herald })
    }
}

impl Store for Fragile {
    fn read<'a>(&'a self, path: &'a Path) -> Stored<'a, Option<Entry>> {
        match self.gone.load(Ordering::Acquire) {
            true => Box::pin(async { Err(StoreError::Stopped) }),
            false => self.store.read(path),
        }
    }

    fn scan(&self, span: Span, limit: usize) -> Stored<'_, Vec<Entry>> {
        self.store.scan(span, limit)
    }

    fn commit(&self, transaction: Transaction) -> Stored<'_, Outcome> {
        self.store.commit(transaction)
    }

    fn watch(&self, span: Span) -> Watch {
        self.herald.watch(span)
    }
}

#[tokio::test]
async fn a_node_whose_store_cannot_be_read_is_not_ready() {
    let store = Fragile::new();
    let node = start_on(settings(), in_memory(), store.clone()).await;
    assert_eq!(get(&node, "/readyz").await.status, 200);
    store.gone.store(true, Ordering::Release);
    let ready = get(&node, "/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "the store has stopped\n"));
    assert_eq!(get(&node, "/livez").await.status, 200);
    assert!(get(&node, "/metrics").await.body.contains("\nclaviger_store_healthy 0\n"));
}

#[tokio::test]
async fn a_server_whose_store_no_longer_tells_of_commits_ends() {
    let store = Fragile::new();
    let node = start_on(settings(), in_memory(), store.clone()).await;
    assert_eq!(get(&node, "/readyz").await.status, 200);
    store.herald.close();
    assert_eq!(node.ended().await, Drained { cause: Cause::StoreStopped, connections_cut: 0 });
}
