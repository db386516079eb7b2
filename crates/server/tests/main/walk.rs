//! A request from the socket to the key and back.

use crate::client::{Call, ask};
use crate::node::{ACCESS_KEY_ID, start};

#[tokio::test]
async fn a_signed_request_is_answered_and_recorded() {
    let node = start().await;
    let created = ask(node.address, &Call::new("CreateKey", "{}").bytes()).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let record = node.only_record();
    assert_eq!(record["eventName"], "CreateKey");
    assert_eq!(record["userIdentity"]["accessKeyId"], ACCESS_KEY_ID);
    assert_eq!(record["requestID"], created.header("x-amzn-requestid").unwrap());
}
