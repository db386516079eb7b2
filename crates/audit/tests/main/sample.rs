//! Records to test with, and a child process to test in.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

use claviger_audit::{
    Entry, EventId, EventType, Follower, Identity, Json, Record, RequestId, Resource, ResourceKind, Shown,
    Tls, read_trail,
};
use claviger_names::AccountId;

pub(crate) const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
pub(crate) const KEY_ARN: &str =
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(crate) fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub(crate) fn resource(arn: &str) -> Resource {
    Resource { account: account(), arn: arn.into(), kind: ResourceKind::Key }
}

pub(crate) fn alice() -> Identity<'static> {
    Identity::IamUser {
        principal_id: "AIDAEXAMPLEALICE00001",
        arn: "arn:aws:iam::111122223333:user/Alice",
        account: account(),
        access_key_id: "AKIAEXAMPLEALICE0001",
        user_name: "Alice",
        session: None,
        invoked_by: None,
    }
}

/// Alice's successful call, number `number` of the corpus, without parameters.
pub(crate) fn call(number: u8, event_name: &str) -> Record<'_> {
    Record {
        event_time: "2026-11-21T22:03:32.5Z".parse().unwrap(),
        event_id: EventId::from_random([number; 16]),
        request_id: Some(RequestId::from_random([0x80 + number; 16])),
        event_source: "kms.amazonaws.com",
        event_name,
        region: "us-east-1",
        source_ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 17)).into(),
        user_agent: Some("aws-cli/2.31.9 md/awscrt#0.28.2"),
        identity: alice(),
        error: None,
        request_parameters: None,
        response_elements: None,
        additional_event_data: None,
        resources: &[],
        read_only: true,
        event_type: EventType::ApiCall,
        recipient_account: Some(account()),
        shared_event_id: None,
        service_event_details: None,
        vpc_endpoint_id: None,
        tls: Some(Tls {
            version: "TLSv1.3",
            cipher_suite: "TLS_AES_128_GCM_SHA256",
            client_provided_host_header: "kms.us-east-1.amazonaws.com",
            key_exchange: Some("X25519MLKEM768"),
        }),
        session_from_console: false,
    }
}

/// An Encrypt whose parameters carry `mark`, to find it again.
pub(crate) fn marked_parameters(mark: &str) -> Json {
    Shown::new().text("keyId", KEY).map("encryptionContext", [("mark", mark)]).done().unwrap()
}

pub(crate) fn json_of(record: &Record<'_>) -> String {
    let mut out = Vec::new();
    record.write(&mut out);
    String::from_utf8(out).unwrap()
}

/// The marks of the records of this trail, in order; each record must be valid JSON.
pub(crate) fn marks(directory: &Path) -> Vec<String> {
    read_trail(directory).unwrap().map(|json| mark_of(&json.unwrap())).collect()
}

/// What is seen of every record that comes next to whoever follows a trail, until there is none.
pub(crate) fn followed<T>(follower: &mut Follower, mut see: impl FnMut(&Entry<'_>) -> T) -> Vec<T> {
    let mut seen = Vec::new();
    while let batch = follower.read().unwrap()
        && !batch.is_empty()
    {
        let entries = batch.entries();
        assert_eq!(entries.len(), batch.len());
        seen.extend(entries.iter().map(&mut see));
    }
    seen
}

pub(crate) fn mark_of(record: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(record).unwrap();
    assert!(record.get("chain").is_none(), "the chain's value is no part of the record");
    record["requestParameters"]["encryptionContext"]["mark"].as_str().unwrap().to_owned()
}

/// The only `.jsonl` file of this trail.
pub(crate) fn only_file(directory: &Path) -> std::path::PathBuf {
    let files = files_ending(directory, "jsonl");
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

pub(crate) fn files_ending(directory: &Path, end: &str) -> Vec<std::path::PathBuf> {
    let paths = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == end)).collect();
    files.sort();
    files
}

/// Which directory the child works in; unset in a run of the tests themselves.
pub(crate) const CHILD_DIRECTORY: &str = "CLAVIGER_AUDIT_TEST_DIRECTORY";

/// This test binary again, running only the ignored test of this name in `directory`.
pub(crate) fn child(name: &str, directory: &Path) -> Command {
    let mut command = Command::new("bash");
    command.arg("-c").arg("trap '' XFSZ; exec \"$0\" --ignored --exact --nocapture \"$1\"");
    command.arg(std::env::current_exe().unwrap()).arg(name).env(CHILD_DIRECTORY, directory);
    command
}
