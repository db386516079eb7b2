//! HTTP/2, with hyper's client.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{Builder, SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::client::{Call, Client, HOST};
use crate::node::{Node, in_memory, settings, start, start_with};

async fn connect(node: &Node) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(node.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A signed request; `also` is added unsigned.
pub fn request(call: &Call<'_>, also: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = Request::post(format!("http://{HOST}/"));
    for (name, value) in call.headers(HOST) {
        if name != "host" {
            request = request.header(name, value);
        }
    }
    for (name, value) in also {
        request = request.header(*name, *value);
    }
    request.body(Full::new(Bytes::from(call.body.to_owned()))).unwrap()
}

pub async fn ask(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> (StatusCode, String) {
    sender.ready().await.unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_signature_over_the_authority_holds() {
    let node = start().await;
    let (status, body) = ask(&mut connect(&node).await, request(&Call::new("CreateKey", "{}"), &[])).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(node.only_record()["eventName"], "CreateKey");
}

#[tokio::test]
async fn a_host_header_may_repeat_the_authority_and_not_contradict_it() {
    let node = start().await;
    let mut sender = connect(&node).await;
    let call = Call::new("ListKeys", "{}");
    assert_eq!(ask(&mut sender, request(&call, &[("host", HOST)])).await.0, 200);
    let (status, body) = ask(&mut sender, request(&call, &[("host", "kms.evil")])).await;
    assert_eq!(status, 400);
    assert!(body.contains("MalformedHttpRequestException"), "{body}");
}

#[tokio::test]
async fn requests_share_a_connection() {
    let node = start().await;
    let sender = connect(&node).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let mut sender = sender.clone();
        waiting.spawn(async move { ask(&mut sender, request(&Call::new("ListKeys", "{}"), &[])).await.0 });
    }
    while let Some(status) = waiting.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    assert_eq!(node.records().len(), 50);
}

#[tokio::test]
async fn a_body_that_grows_beyond_the_limit_unannounced_is_refused() {
    let node = start().await;
    let mut sender = connect(&node).await;
    let body = "x".repeat(512 * 1024 + 1);
    let mut request = request(&Call::new("ListKeys", &body), &[]);
    request.headers_mut().remove("content-length");
    sender.ready().await.unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(node.only_record()["errorCode"], "RequestEntityTooLargeException");
}

#[tokio::test]
async fn a_connection_that_is_only_kept_alive_sends_no_slow_head() {
    let mut settings = settings();
    settings.limits.header_timeout_seconds = 0.3.try_into().unwrap();
    let node = start_with(settings, in_memory()).await;
    let stream = TcpStream::connect(node.address).await.unwrap();
    let (mut sender, connection) = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_millis(50))
        .keep_alive_while_idle(true)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let call = Call::new("ListKeys", "{}");
    assert_eq!(ask(&mut sender, request(&call, &[])).await.0, 200);
    // Once a connection that says nothing is cut off, the time for a head has passed.
    Client::connect(node.address).await.closed().await;
    assert_eq!(ask(&mut sender, request(&call, &[])).await.0, 200);
}
