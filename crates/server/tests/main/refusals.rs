//! Requests that are refused by their head or their size: what is ambiguous goes no further, and is recorded once.

use crate::client::{Call, Client, HOST, ask};
use crate::node::{in_memory, settings, start, start_with};

const MALFORMED: &str = "MalformedHttpRequestException";
const UNKNOWN: &str = "UnknownOperationException";

/// A signed ListKeys request in which `from` stands as `to`; the signature need not hold any longer.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let request = String::from_utf8(Call::new("ListKeys", "{}").bytes()).unwrap();
    assert!(request.contains(from), "{from} is not in {request}");
    request.replacen(from, to, 1).into_bytes()
}

async fn refused(request: Vec<u8>, status: u16, code: &str, event: &str) {
    let node = start().await;
    let answer = ask(node.address, &request).await;
    assert_eq!(answer.fault(), (status, code.to_owned()), "{}", String::from_utf8_lossy(&request));
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
    let record = node.only_record();
    assert_eq!(record["errorCode"], code);
    assert_eq!(record["eventName"], event);
    assert_eq!(record["requestID"], answer.header("x-amzn-requestid").unwrap());
}

#[tokio::test]
async fn what_names_no_operation_of_kms_is_an_unknown_operation() {
    refused(changed("POST /", "GET /"), 400, UNKNOWN, "ListKeys").await;
    refused(changed("POST /", "PUT /"), 400, UNKNOWN, "ListKeys").await;
    refused(changed("POST / ", "POST /keys "), 400, UNKNOWN, "ListKeys").await;
    refused(changed("POST / ", "POST // "), 400, UNKNOWN, "ListKeys").await;
    refused(changed("TrentService.ListKeys", "TrentService.Fly"), 400, UNKNOWN, "Fly").await;
    refused(changed("TrentService.ListKeys", "trentservice.ListKeys"), 400, UNKNOWN, "").await;
    refused(changed("TrentService.ListKeys", "ListKeys"), 400, UNKNOWN, "").await;
    refused(changed("x-amz-target: TrentService.ListKeys\r\n", ""), 400, UNKNOWN, "").await;
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    refused(changed("application/x-amz-json-1.1", form), 400, UNKNOWN, "ListKeys").await;
}

#[tokio::test]
async fn a_header_that_decides_what_is_done_stands_once() {
    // Of Content-Length, hyper itself refuses two that differ, and makes one of two that are the same.
    let names = [
        "host",
        "content-type",
        "x-amz-target",
        "x-amz-date",
        "authorization",
        "X-Amz-Security-Token",
        "x-amz-content-sha256",
        "Date",
    ];
    for name in names {
        let twice = format!("POST / HTTP/1.1\r\n{name}: 2\r\n{name}: 2\r\n");
        let event = if name == "x-amz-target" { "" } else { "ListKeys" };
        refused(changed("POST / HTTP/1.1\r\n", &twice), 400, MALFORMED, event).await;
    }
}

#[tokio::test]
async fn a_body_has_one_length_that_is_told_before_it() {
    let chunked = "\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    refused(changed("\r\ncontent-length: 2\r\n\r\n{}", chunked), 400, MALFORMED, "ListKeys").await;
    let both = "\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    refused(changed("\r\ncontent-length: 2\r\n\r\n{}", both), 400, MALFORMED, "ListKeys").await;
}

#[tokio::test]
async fn the_host_stands_in_its_header_alone() {
    let absolute = format!("POST http://{HOST}/ HTTP/1.1");
    refused(changed("POST / HTTP/1.1", &absolute), 400, MALFORMED, "ListKeys").await;
}

#[tokio::test]
async fn a_body_larger_than_any_request_is_refused_before_it_is_read() {
    let head = format!("{}content-length: 524289\r\n\r\n", Call::new("ListKeys", "").head());
    refused(head.into_bytes(), 413, "RequestEntityTooLargeException", "ListKeys").await;
}

#[tokio::test]
async fn what_is_asked_for_is_looked_at_before_its_size() {
    let head = format!("{}content-length: 524289\r\n\r\n", Call::new("Fly", "").head());
    refused(head.into_bytes(), 400, UNKNOWN, "Fly").await;
}

#[tokio::test]
async fn a_request_has_as_many_headers_as_it_may() {
    let mut settings = settings();
    settings.limits.headers = 10.try_into().unwrap();
    let node = start_with(settings, in_memory()).await;
    let request = String::from_utf8(Call::new("ListKeys", "{}").bytes()).unwrap();
    let own = request.lines().skip(1).take_while(|line| !line.is_empty()).count();
    let with = |more: usize| request.replacen("host: ", &format!("{}host: ", "a: b\r\n".repeat(more)), 1);
    assert_eq!(ask(node.address, with(10 - own).as_bytes()).await.status, 200);
    assert_eq!(ask(node.address, with(11 - own).as_bytes()).await.status, 431);
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_read() {
    let node = start().await;
    let body = format!("{{\"x\":\"{}\"}}", "y".repeat(512 * 1024 - 8));
    assert_eq!(body.len(), 512 * 1024);
    let answer = ask(node.address, &Call::new("ListKeys", &body).bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// What is no HTTP gets no more than HTTP's own error: there is no request to record.
async fn not_http(request: &[u8], status: u16) {
    let node = start().await;
    let mut client = Client::connect(node.address).await;
    let answer = client.ask(request).await;
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&request[..request.len().min(200)]));
    client.closed().await;
    assert_eq!(node.records().len(), 0);
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_connection_closed() {
    not_http(b"HELLO\r\n\r\n", 400).await;
    not_http(&changed("x-amz-target: ", "x-amz-target:\r\n "), 400).await;
    not_http(&changed("content-length: 2", "content-length: 2\r\ncontent-length: 3"), 400).await;
    not_http(&changed("content-length: 2", "content-length: +2"), 400).await;
    not_http(&changed("content-length: 2", "content-length : 2"), 400).await;
    not_http(&changed("content-length: 2", "transfer-encoding: gzip"), 400).await;
    let many = "a: b\r\n".repeat(100);
    not_http(&changed("host: ", &format!("{many}host: ")), 431).await;
    let long = format!("a: {}\r\nhost: ", "b".repeat(40_000));
    not_http(&changed("host: ", &long), 431).await;
}

#[tokio::test]
async fn a_smaller_limit_binds() {
    let mut settings = settings();
    settings.limits.body_bytes = 10.try_into().unwrap();
    let node = start_with(settings, in_memory()).await;
    let answer = ask(node.address, &Call::new("ListKeys", "{\"Limit\":10}").bytes()).await;
    assert_eq!(answer.fault(), (413, "RequestEntityTooLargeException".to_owned()));
    let answer = ask(node.address, &Call::new("ListKeys", "{        }").bytes()).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn every_answer_has_the_headers_of_aws() {
    let node = start().await;
    for request in [Call::new("ListKeys", "{}").bytes(), changed("TrentService", "x")] {
        let answer = ask(node.address, &request).await;
        assert_eq!(answer.header("cache-control"), Some("no-cache, no-store, must-revalidate, private"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        assert_eq!(answer.header("expires"), Some("0"));
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
        assert!(answer.header("date").unwrap().ends_with(" GMT"));
    }
}
