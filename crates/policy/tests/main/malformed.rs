//! Documents that are refused, with the words for it, and odd ones that are taken.

use claviger_policy::{Document, Kind};
use serde_json::Value;

use crate::corpus::file;

#[test]
fn malformed_documents_are_refused_with_their_fault_and_odd_ones_are_taken() {
    let file = file("malformed");
    let documents = file["documents"].as_array().unwrap();
    let faults: Vec<String> = documents.iter().filter_map(check).collect();
    assert!(faults.is_empty(), "{} of {} documents:\n{}", faults.len(), documents.len(), faults.join("\n"));
}

fn check(case: &Value) -> Option<String> {
    let text = case["document"].as_str().unwrap();
    let found = Document::parse(text, kind(case["kind"].as_str().unwrap()));
    let right = match &found {
        Ok(_) => case["accepted"] == true,
        Err(fault) => case.get("refused").is_some_and(|wanted| says(wanted, &fault.to_string())),
    };
    let found = found.map_or_else(|fault| format!("refused: {fault}"), |_| "accepted".to_owned());
    (!right).then(|| format!("{} ({}): {found}, wanted: {}", case["name"], case["kind"], case["refused"]))
}

/// A case may leave the fault's words open, where nobody knows AWS's.
fn says(wanted: &Value, words: &str) -> bool {
    match (wanted["message"].as_str(), wanted["message_begins"].as_str()) {
        (Some(message), _) => words == message,
        (_, Some(beginning)) => words.starts_with(beginning),
        _ => !words.is_empty(),
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "key" => Kind::Key,
        "identity" => Kind::Identity,
        "managed" => Kind::Managed,
        "session" => Kind::Session,
        "trust" => Kind::Trust,
        "service-control" => Kind::ServiceControl,
        "resource-control" => Kind::ResourceControl,
        other => panic!("no kind of document is called {other}"),
    }
}
