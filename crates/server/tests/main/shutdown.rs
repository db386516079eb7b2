//! The end of a server: nothing that it has taken is lost.

use std::io::Write as _;

use claviger_server::{Cause, Drained};

use crate::client::{Call, Client, ask};
use crate::node::{in_memory, settings, start, start_with};
use crate::{h2, tls};

const CLIENTS: usize = 8;

/// Requests on as many connections as it takes, until there are none; answers how many were answered.
async fn keep_asking(address: std::net::SocketAddr) -> usize {
    let mut answered = 0;
    loop {
        let Ok(stream) = tokio::net::TcpStream::connect(address).await else { return answered };
        let mut client = Client::over(stream);
        while client.try_send(&Call::new("GenerateRandom", "{\"NumberOfBytes\":32}").bytes()).await {
            let Some(answer) = client.answer().await else { break };
            assert_eq!(answer.status, 200);
            answered += 1;
            if answer.header("connection") == Some("close") {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_request_that_was_taken_is_answered() {
    let mut node = start().await;
    let mut clients = tokio::task::JoinSet::new();
    (0..CLIENTS).for_each(|_| {
        clients.spawn(keep_asking(node.address));
    });
    while node.trail.recent().len() < 200 {
        tokio::task::yield_now().await;
    }
    node.stop();
    let answered: usize = clients.join_all().await.into_iter().sum();
    assert_eq!(answered, node.records().len());
    assert!(answered >= 200);
    assert_eq!(node.ended().await, Drained { cause: Cause::Asked, connections_cut: 0 });
}

#[tokio::test]
async fn a_request_that_is_half_sent_is_answered_before_the_end() {
    let mut node = start().await;
    let mut client = Client::connect(node.address).await;
    let request = Call::new("ListKeys", "{}").bytes();
    let (start, rest) = request.split_at(request.len() - 1);
    // The first answer shows that the connection is taken.
    assert_eq!(client.ask(&request).await.status, 200);
    client.send(start).await;
    node.stop();
    while tokio::net::TcpStream::connect(node.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    client.send(rest).await;
    let answer = client.answer().await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    client.closed().await;
    assert_eq!(node.ended().await.connections_cut, 0);
}

#[tokio::test]
async fn an_http2_connection_is_told_to_go_away() {
    let mut node = start().await;
    let stream = tokio::net::TcpStream::connect(node.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(stream),
    )
    .await
    .unwrap();
    let connection = tokio::spawn(connection);
    assert_eq!(h2::ask(&mut sender, h2::request(&Call::new("ListKeys", "{}"), &[])).await.0, 200);
    node.stop();
    connection.await.unwrap().unwrap();
    assert_eq!(node.ended().await.connections_cut, 0);
}

#[tokio::test]
async fn what_is_not_done_when_the_grace_period_is_over_is_cut() {
    let mut settings = settings();
    settings.limits.shutdown_grace_seconds = 0.05.try_into().unwrap();
    let mut node = start_with(settings, in_memory()).await;
    let mut client = Client::connect(node.address).await;
    let request = Call::new("ListKeys", "{}").bytes();
    assert_eq!(client.ask(&request).await.status, 200);
    client.send(&request[..request.len() - 1]).await;
    node.stop();
    assert!(client.answer().await.is_none());
    assert_eq!(node.ended().await, Drained { cause: Cause::Asked, connections_cut: 1 });
}

#[tokio::test]
async fn a_connection_that_the_system_has_taken_already_is_served() {
    let mut node = start().await;
    // The server does not run before the next await.
    let mut stream = std::net::TcpStream::connect(node.address).unwrap();
    stream.write_all(&Call::new("ListKeys", "{}").bytes()).unwrap();
    stream.set_nonblocking(true).unwrap();
    node.stop();
    let mut client = Client::over(tokio::net::TcpStream::from_std(stream).unwrap());
    let answer = client.answer().await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert_eq!(node.ended().await.connections_cut, 0);
}

#[tokio::test]
async fn a_request_that_was_sent_on_an_idle_connection_before_the_end_is_answered() {
    let mut node = start().await;
    let mut client = Client::connect(node.address).await;
    let request = Call::new("ListKeys", "{}").bytes();
    assert_eq!(client.ask(&request).await.status, 200);
    client.send(&request).await;
    node.stop();
    assert_eq!(client.answer().await.unwrap().status, 200);
    assert_eq!(node.ended().await.connections_cut, 0);
}

#[tokio::test]
async fn while_it_ends_a_server_is_not_ready_and_says_so_in_every_protocol() {
    let mut node = start().await;
    let form = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                 content-length: 8\r\n\r\nAction=";
    let mut client = Client::connect(node.address).await;
    assert_eq!(client.ask(&Call::new("ListKeys", "{}").bytes()).await.status, 200);
    client.send(form).await;
    node.stop();
    let ready = loop {
        let ready = ask(node.operator, b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await;
        if ready.status != 200 {
            break ready;
        }
    };
    assert_eq!((ready.status, ready.body.as_str()), (503, "the server is shutting down\n"));
    client.send(b"x").await;
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.header("content-type"), Some("text/xml"));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_connection_whose_handshake_ends_too_late_is_ended_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let files = tls::files(directory.path());
    let trusted = tls::issue(&files);
    let mut settings = settings();
    (settings.tls, settings.limits.shutdown_grace_seconds) = (Some(files), 3.0.try_into().unwrap());
    let mut node = start_with(settings, in_memory()).await;
    let late = tokio::net::TcpStream::connect(node.address).await.unwrap();
    // Connections are taken in their order: with this one, the first is taken too.
    let mut other = Client::over(tls::connect(&node, &trusted, tls::TLS13, tls::HTTP1).await.unwrap());
    assert_eq!(other.ask(&Call::new("ListKeys", "{}").bytes()).await.status, 200);
    drop(other);
    node.stop();
    while tokio::net::TcpStream::connect(node.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let mut client = Client::over(tls::handshake(late, &trusted, tls::TLS13, tls::HTTP1).await.unwrap());
    client.closed().await;
    assert_eq!(node.ended().await.connections_cut, 0);
}
