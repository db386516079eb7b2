//! The end of a server: nothing that it has taken is lost.

use claviger_server::{Cause, Drained};

use crate::client::{Call, Client};
use crate::h2;
use crate::node::{in_memory, settings, start, start_with};

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
    client.closed().await;
    assert_eq!(node.ended().await, Drained { cause: Cause::Asked, connections_cut: 1 });
}
