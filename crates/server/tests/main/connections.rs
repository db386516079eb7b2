//! Connections: kept, shared, counted, and cut when their client is too slow.

use claviger_server::Settings;

use crate::client::{Answer, Call, Client, ask};
use crate::node::{Node, in_memory, settings, start, start_with};

/// Long enough for a busy machine to send a whole request, short enough to wait for.
const SHORT_SECONDS: f64 = 0.3;

fn impatient(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = settings();
    change(&mut settings);
    settings
}

async fn start_impatient(change: impl FnOnce(&mut Settings)) -> Node {
    start_with(impatient(change), in_memory()).await
}

fn list_keys() -> Vec<u8> {
    Call::new("ListKeys", "{}").bytes()
}

async fn is_served(node: &Node) {
    assert_eq!(ask(node.address, &list_keys()).await.status, 200);
}

#[tokio::test]
async fn a_connection_is_kept_for_more_requests() {
    let node = start().await;
    let mut client = Client::connect(node.address).await;
    for _ in 0..10 {
        assert_eq!(client.ask(&list_keys()).await.status, 200);
    }
    assert_eq!(client.ask(&Call::new("Fly", "{}").bytes()).await.status, 400);
    assert_eq!(client.ask(&list_keys()).await.status, 200);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let node = start().await;
    let mut client = Client::connect(node.address).await;
    let operations = ["ListKeys", "ListAliases", "Fly", "ListKeys"];
    let all: Vec<u8> = operations.iter().flat_map(|name| Call::new(name, "{}").bytes()).collect();
    client.send(&all).await;
    for operation in operations {
        let answer: Answer = client.answer().await.unwrap();
        match operation {
            "ListKeys" => assert!(answer.json()["Keys"].is_array()),
            "ListAliases" => assert!(answer.json()["Aliases"].is_array()),
            _ => assert_eq!(answer.fault().1, "UnknownOperationException"),
        }
    }
}

#[tokio::test]
async fn who_sends_a_head_too_slowly_is_cut_off_and_disturbs_nobody() {
    let node = start_impatient(|s| s.limits.header_timeout_seconds = SHORT_SECONDS.try_into().unwrap()).await;
    let mut slow = Client::connect(node.address).await;
    slow.send(b"POST / HTTP/1.1\r\nhost: x\r\n").await;
    let mut silent = Client::connect(node.address).await;
    is_served(&node).await;
    slow.closed().await;
    silent.closed().await;
    is_served(&node).await;
    assert_eq!(node.records().len(), 2);
}

#[tokio::test]
async fn a_slow_head_on_a_kept_connection_is_cut_off_too() {
    let node = start_impatient(|s| s.limits.header_timeout_seconds = SHORT_SECONDS.try_into().unwrap()).await;
    let mut client = Client::connect(node.address).await;
    assert_eq!(client.ask(&list_keys()).await.status, 200);
    // Its idle time is far from over when the head begins.
    patience_is_over(&node).await;
    client.send(b"POST / HTTP/1.1\r\nhost").await;
    client.closed().await;
    assert_eq!(node.records().len(), 1);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let node = start_impatient(|s| s.limits.idle_timeout_seconds = SHORT_SECONDS.try_into().unwrap()).await;
    let mut client = Client::connect(node.address).await;
    assert_eq!(client.ask(&list_keys()).await.status, 200);
    client.closed().await;
    is_served(&node).await;
}

#[tokio::test]
async fn who_sends_a_body_too_slowly_is_told_so_and_recorded() {
    let node = start_impatient(|s| s.limits.body_timeout_seconds = SHORT_SECONDS.try_into().unwrap()).await;
    let mut client = Client::connect(node.address).await;
    let request = list_keys();
    client.send(&request[..request.len() - 1]).await;
    is_served(&node).await;
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.fault(), (408, "RequestTimeoutException".to_owned()));
    client.closed().await;
    assert_eq!(node.records()[1]["errorCode"], "RequestTimeoutException");
}

#[tokio::test]
async fn a_request_whose_client_leaves_is_recorded_all_the_same() {
    let node = start().await;
    let mut client = Client::connect(node.address).await;
    let request = list_keys();
    client.send(&request[..request.len() - 1]).await;
    drop(client);
    while node.records().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.only_record()["errorCode"], "MalformedHttpRequestException");
}

#[tokio::test]
async fn more_connections_than_the_limit_wait_for_their_turn() {
    let node = start_impatient(|s| s.limits.connections = 1.try_into().unwrap()).await;
    let mut first = Client::connect(node.address).await;
    assert_eq!(first.ask(&list_keys()).await.status, 200);
    let mut second = Client::connect(node.address).await;
    second.send(&Call::new("ListAliases", "{}").bytes()).await;
    for _ in 0..20 {
        assert_eq!(first.ask(&list_keys()).await.status, 200);
    }
    assert!(node.records().iter().all(|record| record["eventName"] == "ListKeys"));
    drop(first);
    assert!(second.answer().await.unwrap().json()["Aliases"].is_array());
}

/// Waits until a connection that says nothing is cut off: then the time for a head has passed.
async fn patience_is_over(node: &Node) {
    Client::connect(node.address).await.closed().await;
}

#[tokio::test]
async fn who_sends_a_body_is_neither_idle_nor_slow_with_its_head() {
    let node = start_impatient(|s| {
        s.limits.header_timeout_seconds = SHORT_SECONDS.try_into().unwrap();
        s.limits.idle_timeout_seconds = SHORT_SECONDS.try_into().unwrap();
    })
    .await;
    let (mut client, request) = (Client::connect(node.address).await, list_keys());
    client.send(&request[..request.len() - 1]).await;
    patience_is_over(&node).await;
    client.send(&request[request.len() - 1..]).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_body_does_not_begin_the_next_head() {
    let node = start_impatient(|s| s.limits.header_timeout_seconds = SHORT_SECONDS.try_into().unwrap()).await;
    let (mut client, request) = (Client::connect(node.address).await, list_keys());
    client.send(&request[..request.len() - 1]).await;
    patience_is_over(&node).await;
    client.send(&request[request.len() - 1..]).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
    patience_is_over(&node).await;
    assert_eq!(client.ask(&request).await.status, 200);
}

#[tokio::test]
async fn a_body_of_its_own_size_always_has_room() {
    let node = start_impatient(|s| s.limits.bodies_bytes = 1.try_into().unwrap()).await;
    let body = format!("{{\"x\":\"{}\"}}", "y".repeat(400 * 1024));
    assert_eq!(ask(node.address, &Call::new("ListKeys", &body).bytes()).await.status, 200);
}
