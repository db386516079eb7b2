//! Requests in AWS Query: they are told apart by their content type, and answered and recorded as IAM's and STS's.

use crate::client::{HOST, ask};
use crate::node::start;

fn form(body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/x-www-form-urlencoded; charset=utf-8\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a_form_without_signature_is_refused_in_xml_and_recorded_under_its_api() {
    for (version, source, namespace) in [
        ("2010-05-08", "iam.amazonaws.com", "https://iam.amazonaws.com/doc/2010-05-08/"),
        ("2011-06-15", "sts.amazonaws.com", "https://sts.amazonaws.com/doc/2011-06-15/"),
    ] {
        let node = start().await;
        let answer = ask(node.address, &form(&format!("Action=Fly&Version={version}"))).await;
        assert_eq!(answer.header("content-type"), Some("text/xml"));
        let id = answer.header("x-amzn-requestid").unwrap().to_owned();
        let expected = format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>\
             <Message>Request is missing Authentication Token</Message></Error><RequestId>{id}</RequestId>\
             </ErrorResponse>"
        );
        assert_eq!((answer.status, answer.body), (403, expected));
        let record = node.only_record();
        assert_eq!((&record["eventSource"], &record["eventName"]), (&source.into(), &"Fly".into()));
        assert_eq!((&record["requestID"], &record["userIdentity"]["type"]), (&id.into(), &"Unknown".into()));
    }
}

#[tokio::test]
async fn an_action_in_the_url_is_read_there() {
    let node = start().await;
    let request =
        format!("GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    let answer = ask(node.address, request.as_bytes()).await;
    assert_eq!(answer.status, 403);
    assert_eq!(node.only_record()["eventName"], "GetCallerIdentity");
}

#[tokio::test]
async fn a_target_in_a_header_leaves_no_second_reading() {
    let node = start().await;
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    let target = "x-amz-target: TrentService.ListKeys\r\n";
    let request = format!("GET /?{query} HTTP/1.1\r\nhost: {HOST}\r\n{target}\r\n");
    let answer = ask(node.address, request.as_bytes()).await;
    assert_eq!(answer.fault(), (400, "UnknownOperationException".to_owned()));
}

#[tokio::test]
async fn forms_are_told_in_any_case_counted_and_held_to_the_size_of_a_body() {
    let node = start().await;
    let request = String::from_utf8(form("Action=GetCallerIdentity&Version=2011-06-15")).unwrap();
    let shouted = request.replace("application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded");
    assert_eq!(ask(node.address, shouted.as_bytes()).await.header("content-type"), Some("text/xml"));
    let head = request.split("content-length").next().unwrap();
    let large = ask(node.address, format!("{head}content-length: 524289\r\n\r\n").as_bytes()).await;
    assert_eq!((large.status, large.header("content-type")), (413, Some("text/xml")));
    let metrics = ask(node.operator, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.body;
    for line in [
        "claviger_authentication_failures_total{reason=\"missing\"} 1",
        "claviger_requests_total{operation=\"unknown\",code=\"MissingAuthenticationToken\"} 1",
        "claviger_requests_total{operation=\"unknown\",code=\"OK\"} 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "no {line} in {metrics}");
    }
}
