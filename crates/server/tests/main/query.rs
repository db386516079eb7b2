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
