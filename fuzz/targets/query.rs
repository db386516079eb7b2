//! Request bodies in AWS Query: whatever bytes come, members are taken or refused, and no two spellings of a name count.
#![no_main]

use std::collections::HashSet;

use claviger_wire::{
    Bounds, Enumerated, Members, QueryRequest, QuerySource, TextRule, WireFault, percent_encoded,
};
use libfuzzer_sys::fuzz_target;

const ANY: TextRule = TextRule::length(0, i64::MAX);
const SHORT: TextRule = TextRule::length(1, 8);
const COUNT: Bounds = Bounds::new(0, 3);

/// A closed set.
#[derive(Clone, Copy)]
struct Scope;

impl Enumerated for Scope {
    const NAMES: &'static [(&'static str, Scope)] = &[("All", Scope), ("AWS", Scope)];
}

fuzz_target!(|body: &[u8]| {
    for source in [QuerySource::Body, QuerySource::Url] {
        match QueryRequest::read(body, source) {
            Ok(request) => {
                assert_no_name_stands_twice(body, source);
                take_all(request.members);
            }
            Err(fault) => assert_eq!(fault, WireFault::Serialization(None)),
        }
    }
    what_is_escaped_is_read_again(body);
});

/// Every kind of getter, so that every kind of value meets each of them in some input.
fn take_all(mut members: Members<'_>) {
    members.required_text("UserName", &SHORT);
    members.text("Path", &ANY);
    members.secret_text("PolicyDocument", &SHORT);
    members.one_of::<Scope>("Scope");
    members.whole("MaxItems", Bounds::new(1, 1000));
    members.flag("OnlyAttached");
    members.texts("TagKeys", COUNT, &SHORT);
    members.structures("Tags", |tag| {
        (tag.required_text("Key", &SHORT).len(), tag.text("Value", &ANY).is_some())
    });
    members.structures("ContextEntries", |entry| {
        entry.texts("ContextKeyValues", COUNT, &ANY).map(|values| values.len())
    });
    members.structure("Outer", |outer| outer.structure("Inner", |inner| inner.flag("Flag")));
    let _ = members.finish(());
}

/// A request that was taken names nothing twice, however the names are spelled.
fn assert_no_name_stands_twice(body: &[u8], source: QuerySource) {
    let mut seen = HashSet::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        assert!(seen.insert(unescaped(name, source)), "{}", String::from_utf8_lossy(name));
    }
}

fn unescaped(text: &[u8], source: QuerySource) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| text[at] == b'%');
        let value = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(match value {
            Some(value) => value,
            None if text[at] == b'+' && source == QuerySource::Body => b' ',
            None => text[at],
        });
        at += if value.is_some() { 3 } else { 1 };
    }
    bytes
}

/// What we escape, we read back as it was.
fn what_is_escaped_is_read_again(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let body = format!("Path={}", percent_encoded(&text));
    for source in [QuerySource::Body, QuerySource::Url] {
        let mut members = QueryRequest::read(body.as_bytes(), source).expect("a pair is a request").members;
        assert_eq!(members.text("Path", &ANY).as_deref(), Some(&*text));
    }
}
